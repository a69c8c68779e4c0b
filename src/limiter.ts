/** Bounds what clients hold at once, such as calls or weight: no client can keep the others out, and those that wait come in turn. */
import { setTimeout as sleep } from "node:timers/promises";

/** Share of a limit, or of a queue, that one client may have: the next one finds room at once. */
export const SHARE_OF_ONE = 0.75;

/** Pause between two looks whether anything is held. Milliseconds. */
const LOOK_EVERY_MS = 20;

interface Limits {
  /** Most that is held at once. */
  most: number;
  /** Most of one client. "share": SHARE_OF_ONE of what the others leave, even while no other client calls. By default it may hold everything. */
  ofOne?: number | "share";
  /** Most calls that wait, SHARE_OF_ONE of them for one client. */
  waiting?: number;
}

interface Waiter {
  amount: number;
  admit: (held: Disposable) => void;
}

export class Limiter {
  readonly most: number;
  readonly ofOne: number | "share";
  readonly #mostWaiting: number;
  #held = 0;
  readonly #heldBy = new Map<string, number>();
  /** Calls that wait, by client. The client that was admitted last stands last. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor({ most, ofOne = most, waiting = Infinity }: Limits) {
    this.most = most;
    this.ofOne = ofOne;
    this.#mostWaiting = waiting;
  }

  /** Amount that is held now. */
  get held(): number {
    return this.#held;
  }

  /** Amount that could be held now without a wait. 0 while others wait. */
  get free(): number {
    return this.#waiting.size > 0 ? 0 : this.most - this.#held;
  }

  /** Holds an amount for a client until it is disposed of. Null: the limit, or the client's part, is reached. `isAlwaysAdmitted`: it only counts. */
  tryHold(clientId: string, amount = 1, isAlwaysAdmitted = false): Disposable | null {
    if (!isAlwaysAdmitted && !this.#hasRoomFor(clientId, amount)) return null;
    this.#add(clientId, amount);
    return { [Symbol.dispose]: () => this.#release(clientId, amount) };
  }

  /** Holds an amount for a client, for which it waits at most `waitMs`. "full": too many wait. "late": that time is over. */
  async hold(clientId: string, waitMs: number, amount = 1): Promise<Disposable | "full" | "late"> {
    const held = this.tryHold(clientId, amount);
    if (held) return held;
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

  /** True when a call of the client could neither hold one now nor wait. */
  isFullFor(clientId: string, amount = 1): boolean {
    if (this.#hasRoomFor(clientId, amount)) return false;
    const own = this.#waiting.get(clientId)?.length ?? 0;
    const all = this.#waiting.values().reduce((sum, { length }) => sum + length, 0);
    return all >= this.#mostWaiting || own >= Math.floor(this.#mostWaiting * SHARE_OF_ONE);
  }

  /** Resolves when nothing is held, or after `mostMs` milliseconds. */
  async untilNone(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.#held > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }

  #heldOf(clientId: string): number {
    return this.#heldBy.get(clientId) ?? 0;
  }

  #hasRoomFor(clientId: string, amount: number): boolean {
    const own = this.#heldOf(clientId);
    if (this.ofOne === "share") return own + amount - 1 < (this.most - (this.#held - own)) * SHARE_OF_ONE;
    return this.#held + amount <= this.most && own + amount <= this.ofOne;
  }

  #add(clientId: string, amount: number): void {
    this.#held += amount;
    const own = this.#heldOf(clientId) + amount;
    if (own === 0) this.#heldBy.delete(clientId);
    else this.#heldBy.set(clientId, own);
  }

  #release(clientId: string, amount: number): void {
    this.#add(clientId, -amount);
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (let next = this.#nextClient(); next !== null; next = this.#nextClient()) {
      const [waiter] = this.#waiting.get(next)!;
      this.#stopWaiting(next, waiter!);
      waiter!.admit(this.tryHold(next, waiter!.amount)!);
    }
  }

  /** Returns the client that waits and holds least, of those that have room. Among equals it is the one that was admitted longest ago. */
  #nextClient(): string | null {
    let next: string | null = null;
    for (const [clientId, [first]] of this.#waiting)
      if (
        this.#hasRoomFor(clientId, first!.amount) &&
        (next === null || this.#heldOf(clientId) < this.#heldOf(next))
      )
        next = clientId;
    return next;
  }

  #stopWaiting(clientId: string, waiter: Waiter): void {
    const others = this.#waiting.get(clientId)!.filter((other) => other !== waiter);
    this.#waiting.delete(clientId);
    if (others.length > 0) this.#waiting.set(clientId, others);
  }
}
