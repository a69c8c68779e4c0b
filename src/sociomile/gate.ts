/** Bounds the vendor calls under way, fairly among clients: one that calls much cannot keep the others out. */

/** How many may wait for each place, and the share of that for one client. */
const WAITING_A_PLACE = 3;
const SHARE_OF_ONE = 0.75;

interface Waiter {
  clientId: string;
  admit: () => void;
}

export class Gate {
  readonly #places: number;
  readonly #half: number;
  readonly #room: number;
  readonly #roomOfOne: number;
  readonly #waiting: Waiter[] = [];
  readonly #inside = new Map<string, number>();
  #taken = 0;

  /** `places`: how many may be inside at once; while others wait, at most half of them for one client. */
  constructor(places: number) {
    this.#places = places;
    this.#half = Math.max(1, Math.floor(places / 2));
    this.#room = places * WAITING_A_PLACE;
    this.#roomOfOne = Math.floor(this.#room * SHARE_OF_ONE);
  }

  /** Whether `clientId` would find neither a place nor one to wait for it. */
  isFullFor(clientId: string): boolean {
    if (this.#taken < this.#places) return false;
    const ofTheSame = this.#waiting.filter((waiter) => waiter.clientId === clientId).length;
    return this.#waiting.length >= this.#room || ofTheSame >= this.#roomOfOne;
  }

  /** Resolves once inside: then `leave` must follow. "full" when too many wait already, "late" after `waitMs`. */
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

  /** Who has waited longest, but while others wait nobody gets more than half of the places. */
  #next(): Waiter | undefined {
    const fair = this.#waiting.findIndex(({ clientId }) => (this.#inside.get(clientId) ?? 0) < this.#half);
    return this.#waiting.splice(Math.max(fair, 0), 1)[0];
  }
}
