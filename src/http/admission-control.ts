import { setTimeout as sleep } from "node:timers/promises";

/** Time after its last request for which a client counts as one that shares the limit. Milliseconds. */
const REMEMBERED_MS = 10_000;
/** Interval between two looks at the number of requests while waiting for none. Milliseconds. */
const LOOK_EVERY_MS = 20;
/** Share of the limit for one client while others call. */
const SHARE_OF_ONE = 0.75;

interface Client {
  inFlight: number;
  /** Milliseconds of the monotonic clock. */
  lastSeen: number;
}

/**
 * Bounds the requests in flight. Neither many clients nor a single busy one can keep the others out. A request counts until it has
 * ended, also after its caller has closed the connection.
 */
export class AdmissionControl {
  readonly #limit: number;
  readonly #clients = new Map<string, Client>();
  #inFlight = 0;
  #forgotAt = 0;

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

  /** Admits a request of a client; false when the client has its share while others call. `leaveFor` must follow. */
  enterFor(clientId: string): boolean {
    const now = performance.now();
    this.#forget(now);
    const client = this.#clients.get(clientId) ?? { inFlight: 0, lastSeen: now };
    this.#clients.set(clientId, client);
    client.lastSeen = now;
    const othersCall = this.#clients.size > 1;
    if (othersCall && client.inFlight >= this.#limit * SHARE_OF_ONE) return false;
    client.inFlight++;
    return true;
  }

  leaveFor(clientId: string): void {
    this.#clients.get(clientId)!.inFlight--;
  }

  /** Forgets clients that have not called for a while. */
  #forget(now: number): void {
    if (now - this.#forgotAt < REMEMBERED_MS / 10) return;
    this.#forgotAt = now;
    for (const [id, { inFlight, lastSeen }] of this.#clients) {
      if (inFlight === 0 && now - lastSeen > REMEMBERED_MS) this.#clients.delete(id);
    }
  }
}
