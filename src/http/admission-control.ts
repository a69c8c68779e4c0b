import { setTimeout as sleep } from "node:timers/promises";

/** Interval between two looks at the number of requests while waiting for none. Milliseconds. */
const LOOK_EVERY_MS = 20;
/** Share of the limit for one client. It holds also while no other client calls: the next one must find a place. */
const SHARE_OF_ONE = 0.75;

/**
 * Bounds the requests in flight. A single client cannot keep the others out, neither with many requests nor with requests whose
 * bodies do not arrive. A request counts until it has ended, also after its caller has closed the connection.
 */
export class AdmissionControl {
  readonly #limit: number;
  readonly #inFlightOf = new Map<string, number>();
  #inFlight = 0;

  /** `limit`: the largest number of requests in flight. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Admits a request whose client is not known yet; false at the limit. `leave` must follow. */
  enter(): boolean {
    if (this.#inFlight >= this.#limit) return false;
    this.#inFlight++;
    return true;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** Resolves when no request is in flight, or after `mostMs` milliseconds. */
  async untilNone(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.#inFlight > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }

  /** Admits a request of a client; false when the client has its share. `leaveFor` must follow. */
  enterFor(clientId: string): boolean {
    const inFlight = this.#inFlightOf.get(clientId) ?? 0;
    if (inFlight >= this.#limit * SHARE_OF_ONE) return false;
    this.#inFlightOf.set(clientId, inFlight + 1);
    return true;
  }

  leaveFor(clientId: string): void {
    const left = (this.#inFlightOf.get(clientId) ?? 1) - 1;
    if (left > 0) this.#inFlightOf.set(clientId, left);
    else this.#inFlightOf.delete(clientId);
  }
}
