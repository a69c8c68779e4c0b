/** Limits the calls to the vendor at once, fairly among clients: a client with many calls cannot keep the others out. */

/** Share of the queue that one client may fill. */
const SHARE_OF_ONE = 0.75;

interface Waiter {
  clientId: string;
  admit: () => void;
}

export class Bulkhead {
  readonly #places: number;
  readonly #half: number;
  readonly #maxWaiting: number;
  readonly #maxWaitingOfOne: number;
  readonly #waiting: Waiter[] = [];
  readonly #inside = new Map<string, number>();
  #taken = 0;

  /** `places`: calls at once; while others wait, at most half of them are for one client. `waiting`: calls in the queue. */
  constructor(places: number, waiting: number) {
    this.#places = places;
    this.#half = Math.max(1, Math.floor(places / 2));
    this.#maxWaiting = waiting;
    this.#maxWaitingOfOne = Math.floor(waiting * SHARE_OF_ONE);
  }

  /** Number of calls that would find a place inside now. None while others wait. */
  get free(): number {
    return this.#waiting.length > 0 ? 0 : this.#places - this.#taken;
  }

  /** True when a call of `clientId` would find no place, neither inside nor in the queue. */
  isFullFor(clientId: string): boolean {
    if (this.#taken < this.#places) return false;
    const ofTheSame = this.#waiting.filter((waiter) => waiter.clientId === clientId).length;
    return this.#waiting.length >= this.#maxWaiting || ofTheSame >= this.#maxWaitingOfOne;
  }

  /** Resolves to "inside" when the call may go on; `leave` must follow. "full": the queue is full. "late": `waitMs` are over. */
  enter(clientId: string, waitMs: number): Promise<"inside" | "full" | "late"> {
    if (this.#taken < this.#places) {
      this.#admit(clientId);
      return Promise.resolve("inside");
    }
    if (this.isFullFor(clientId)) return Promise.resolve("full");
    if (waitMs <= 0) return Promise.resolve("late");
    return new Promise((resolve) => {
      const waiter: Waiter = {
        clientId,
        admit: () => {
          clearTimeout(timer);
          this.#admit(clientId);
          resolve("inside");
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve("late");
      }, waitMs);
      this.#waiting.push(waiter);
    });
  }

  leave(clientId: string): void {
    this.#taken--;
    const left = (this.#inside.get(clientId) ?? 1) - 1;
    if (left > 0) this.#inside.set(clientId, left);
    else this.#inside.delete(clientId);
    this.#next()?.admit();
  }

  #admit(clientId: string): void {
    this.#taken++;
    this.#inside.set(clientId, (this.#inside.get(clientId) ?? 0) + 1);
  }

  /** Returns the call that has waited longest. While others wait, no client gets more than half of the places. */
  #next(): Waiter | undefined {
    const fair = this.#waiting.findIndex(({ clientId }) => (this.#inside.get(clientId) ?? 0) < this.#half);
    return this.#waiting.splice(Math.max(fair, 0), 1)[0];
  }
}
