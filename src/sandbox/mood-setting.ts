import type { VendorPath } from "./contract.ts";
import type { Mood } from "./moods.ts";

/** Treatment of one request. */
export interface Treatment {
  readonly mood: Mood;
  readonly delayMs: number;
  readonly until?: Promise<unknown> | undefined;
}

export interface MoodOptions {
  /** Number of vendor requests for which the mood holds; after them it is `well` again. Without it the mood holds until changed. */
  times?: number;
  /** Time for which the answer is held back after the request was executed or refused. */
  delayMs?: number;
  /** Promise until which the answer is held back, for a program that does something else first. `slow` then has no delay of its own. */
  until?: Promise<unknown>;
  /** The only path for which the mood holds. Requests to the other path are treated well and not counted. */
  path?: VendorPath;
}

export const treatedWell: Treatment = { mood: "well", delayMs: 0 };

const slowMs = 1000;

/** The present mood, used up request by request. */
export class MoodSetting {
  #treatment = treatedWell;
  #path: VendorPath | undefined;
  #requestsLeft = Infinity;

  set(mood: Mood, { times = Infinity, delayMs, until, path }: MoodOptions = {}): void {
    const usualMs = mood === "slow" && until === undefined ? slowMs : 0;
    this.#treatment = { mood, delayMs: delayMs ?? usualMs, until };
    this.#path = path;
    this.#requestsLeft = times;
  }

  /** Takes the treatment of the next request to `path`. */
  take(path: VendorPath): Treatment {
    const elsewhere = this.#path !== undefined && this.#path !== path;
    if (elsewhere || this.#requestsLeft <= 0) return treatedWell;
    this.#requestsLeft -= 1;
    return this.#treatment;
  }
}
