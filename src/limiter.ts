/** Bounds what clients use at once, such as calls or weight, fairly: no client keeps the others out. */
import { setTimeout as sleep } from "node:timers/promises";

/** Share of a limit, or of a queue, that one client may have: the next one is admitted at once. */
export const SHARE_OF_ONE = 0.75;

/** Pause between two looks whether anything is in use. Milliseconds. */
const LOOK_EVERY_MS = 20;

interface Limits {
  /** Most that is in use at once. */
  most: number;
  /** Most of one client. "share": SHARE_OF_ONE of what the others leave, even while no other client calls. Default: all. */
  ofOne?: number | "share";
  /** Most calls that wait, SHARE_OF_ONE of them for one client. */
  waiting?: number;
}

interface Waiter {
  amount: number;
  admit: (slot: Disposable) => void;
}

export class Limiter {
  readonly most: number;
  readonly ofOne: number | "share";
  readonly #mostWaiting: number;
  #inUse = 0;
  readonly #byClient = new Map<string, number>();
  /** Calls that wait, by client. The client that was admitted last stands last. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor({ most, ofOne = most, waiting = Infinity }: Limits) {
    this.most = most;
    this.ofOne = ofOne;
    this.#mostWaiting = waiting;
  }

  /** Amount in use. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Amount that could be acquired now. 0 while others wait. */
  get free(): number {
    return this.#waiting.size > 0 ? 0 : this.most - this.#inUse;
  }

  /** Acquires an amount until it is disposed of. Null: a limit is reached. `isAlwaysAdmitted`: it only counts. */
  tryAcquire(clientId: string, amount = 1, isAlwaysAdmitted = false): Disposable | null {
    if (!isAlwaysAdmitted && !this.#mayAcquire(clientId, amount)) return null;
    this.#add(clientId, amount);
    return { [Symbol.dispose]: () => this.#release(clientId, amount) };
  }

  /**
   * Acquires an amount, and waits for it at most `waitMs`. "full": too many wait. "late": that time is over. A light call passes
   * heavy ones that wait, so that no create waits behind reads.
   */
  async acquire(clientId: string, waitMs: number, amount = 1): Promise<Disposable | "full" | "late"> {
    const slot = this.tryAcquire(clientId, amount);
    if (slot) return slot;
    if (this.isFullFor(clientId, amount)) return "full";
    if (waitMs <= 0) return "late";
    const { promise, resolve } = Promise.withResolvers<Disposable | "late">();
    const waiter = { amount, admit: resolve };
    this.#waiting.set(clientId, [...(this.#waiting.get(clientId) ?? []), waiter]);
    const timer = setTimeout(() => {
      this.#stopWaiting(clientId, waiter);
      this.#admitWaiting(); // less than it waits for may be free
      resolve("late");
    }, waitMs);
    return promise.finally(() => clearTimeout(timer));
  }

  /** True when a call of the client could neither acquire an amount now nor wait. */
  isFullFor(clientId: string, amount = 1): boolean {
    if (this.#mayAcquire(clientId, amount)) return false;
    const own = this.#waiting.get(clientId)?.length ?? 0;
    const all = this.#waiting.values().reduce((sum, { length }) => sum + length, 0);
    return all >= this.#mostWaiting || own >= Math.floor(this.#mostWaiting * SHARE_OF_ONE);
  }

  /** Resolves when nothing is in use, or after `mostMs` milliseconds. */
  async untilNone(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.#inUse > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }

  #usedBy(clientId: string): number {
    return this.#byClient.get(clientId) ?? 0;
  }

  #mayAcquire(clientId: string, amount: number): boolean {
    const own = this.#usedBy(clientId);
    // Whoever uses nothing is admitted to all that is left: its share alone may never hold a large amount.
    if (this.ofOne === "share" && own > 0) return own + amount - 1 < (this.most - (this.#inUse - own)) * SHARE_OF_ONE;
    return this.#inUse + amount <= this.most && (this.ofOne === "share" || own + amount <= this.ofOne);
  }

  #add(clientId: string, amount: number): void {
    this.#inUse += amount;
    const own = this.#usedBy(clientId) + amount;
    if (own === 0) this.#byClient.delete(clientId);
    else this.#byClient.set(clientId, own);
  }

  #release(clientId: string, amount: number): void {
    this.#add(clientId, -amount);
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (let next = this.#nextClient(); next !== null; next = this.#nextClient()) {
      const [waiter] = this.#waiting.get(next)!;
      this.#stopWaiting(next, waiter!);
      waiter!.admit(this.tryAcquire(next, waiter!.amount)!);
    }
  }

  /** Returns the waiting client that uses least and is below its limits. Among equals: the one that was admitted longest ago. */
  #nextClient(): string | null {
    let next: string | null = null;
    for (const [clientId, [first]] of this.#waiting)
      if (this.#mayAcquire(clientId, first!.amount) && (next === null || this.#usedBy(clientId) < this.#usedBy(next)))
        next = clientId;
    return next;
  }

  #stopWaiting(clientId: string, waiter: Waiter): void {
    const others = this.#waiting.get(clientId)!.filter((other) => other !== waiter);
    this.#waiting.delete(clientId);
    if (others.length > 0) this.#waiting.set(clientId, others);
  }
}
