/** Limits the calls to the vendor at once, fairly among clients: a client with many calls cannot keep the others out. */

/** Share of the queue that one client may fill. */
const SHARE_OF_ONE = 0.75;

interface Waiter {
  clientId: string;
  admit: () => void;
}

export class Bulkhead {
  readonly #limit: number;
  readonly #half: number;
  readonly #maxWaiting: number;
  readonly #maxWaitingOfOne: number;
  readonly #waiting: Waiter[] = [];
  /** Number of admitted calls by client. */
  readonly #inside = new Map<string, number>();
  #admitted = 0;

  /** `limit`: calls at once; while others wait, at most half of them are for one client. `maxWaiting`: calls in the queue. */
  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit;
    this.#half = Math.max(1, Math.floor(limit / 2));
    this.#maxWaiting = maxWaiting;
    this.#maxWaitingOfOne = Math.floor(maxWaiting * SHARE_OF_ONE);
  }

  /** Number of calls that would be admitted now. None while others wait. */
  get free(): number {
    return this.#waiting.length > 0 ? 0 : this.#limit - this.#admitted;
  }

  /** True when a call of `clientId` would neither be admitted nor wait. */
  isFullFor(clientId: string): boolean {
    if (this.#admitted < this.#limit) return false;
    const ofTheSame = this.#waiting.filter((waiter) => waiter.clientId === clientId).length;
    return this.#waiting.length >= this.#maxWaiting || ofTheSame >= this.#maxWaitingOfOne;
  }

  /** Resolves to "inside" when the call may go on; `leave` must follow. "full": the queue is full. "late": `waitMs` are over. */
  enter(clientId: string, waitMs: number): Promise<"inside" | "full" | "late"> {
    if (this.#admitted < this.#limit) {
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
    this.#admitted--;
    const left = (this.#inside.get(clientId) ?? 1) - 1;
    if (left > 0) this.#inside.set(clientId, left);
    else this.#inside.delete(clientId);
    this.#next()?.admit();
  }

  #admit(clientId: string): void {
    this.#admitted++;
    this.#inside.set(clientId, (this.#inside.get(clientId) ?? 0) + 1);
  }

  /** Returns the call that has waited longest. While others wait, no client gets more than half of the limit. */
  #next(): Waiter | undefined {
    const fair = this.#waiting.findIndex(({ clientId }) => (this.#inside.get(clientId) ?? 0) < this.#half);
    return this.#waiting.splice(Math.max(fair, 0), 1)[0];
  }
}
