import { setTimeout as sleep } from "node:timers/promises";

/** How long a client counts as one that others must leave room for after its last request, in milliseconds. */
const REMEMBERED_MS = 10_000;
/** How often it is looked whether all have left, in milliseconds. */
const LOOK_EVERY_MS = 20;
/** The share of the room that one client gets while others call. */
const SHARE_OF_ONE = 0.75;

interface Client {
  underWay: number;
  /** Milliseconds of this process's monotonic clock. */
  lastSeen: number;
}

/** Bounds the requests under way, so that neither many clients nor a single one that calls much keeps the others out. */
export class InFlight {
  readonly #most: number;
  readonly #clients = new Map<string, Client>();
  #count = 0;
  #forgotAt = 0;

  /** `most`: how many requests may be under way at once. */
  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes room for a request of which nothing is known yet; false when there is none. `leave` must follow. */
  enter(): boolean {
    if (this.#count >= this.#most) return false;
    this.#count++;
    return true;
  }

  leave(): void {
    this.#count--;
  }

  /** Resolves when no request is under way any more, or after `mostMs` milliseconds. */
  async untilNone(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.#count > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }

  /** Counts a request for its client; false when that has its share, and others call. `leaveFor` must follow. */
  enterFor(clientId: string): boolean {
    const now = performance.now();
    this.#forget(now);
    const client = this.#clients.get(clientId) ?? { underWay: 0, lastSeen: now };
    this.#clients.set(clientId, client);
    client.lastSeen = now;
    const othersCall = this.#clients.size > 1;
    if (othersCall && client.underWay >= this.#most * SHARE_OF_ONE) return false;
    client.underWay++;
    return true;
  }

  leaveFor(clientId: string): void {
    this.#clients.get(clientId)!.underWay--;
  }

  /** Forgets clients that have not called for a while. */
  #forget(now: number): void {
    if (now - this.#forgotAt < REMEMBERED_MS / 10) return;
    this.#forgotAt = now;
    for (const [id, { underWay, lastSeen }] of this.#clients) {
      if (underWay === 0 && now - lastSeen > REMEMBERED_MS) this.#clients.delete(id);
    }
  }
}
