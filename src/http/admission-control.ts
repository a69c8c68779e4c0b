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
  inFlight = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Admits a request whose client is not known yet, until it is disposed of. Null at the limit. */
  enter(): Disposable | null {
    if (this.inFlight >= this.#limit) return null;
    this.inFlight++;
    return { [Symbol.dispose]: () => void this.inFlight-- };
  }

  /** Admits a request of a client, until it is disposed of. Null when the client has its share. */
  enterFor(clientId: string): Disposable | null {
    const inFlight = this.#inFlightOf.get(clientId) ?? 0;
    if (inFlight >= this.#limit * SHARE_OF_ONE) return null;
    this.#inFlightOf.set(clientId, inFlight + 1);
    return { [Symbol.dispose]: () => this.#leave(clientId) };
  }

  #leave(clientId: string): void {
    const left = (this.#inFlightOf.get(clientId) ?? 1) - 1;
    if (left > 0) this.#inFlightOf.set(clientId, left);
    else this.#inFlightOf.delete(clientId);
  }

  /** Resolves when no request is in flight, or after `mostMs` milliseconds. */
  async untilNone(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.inFlight > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }
}
