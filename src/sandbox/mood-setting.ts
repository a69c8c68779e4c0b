import type { VendorPath } from "./contract.ts";
import type { Mood } from "./moods.ts";

/** How one request is going to be treated. */
export interface Treatment {
  readonly mood: Mood;
  readonly delayMs: number;
}

export interface MoodOptions {
  /** The mood holds for this many vendor requests, then the sandbox is well again; without it, until changed. */
  times?: number;
  /** The answer is held back this long, after the request was executed (or turned away). */
  delayMs?: number;
  /** The mood holds for this path alone; requests to the other one are treated well and not counted. */
  path?: VendorPath;
}

export const treatedWell: Treatment = { mood: "well", delayMs: 0 };

const slowMs = 1000;

/** The present mood, used up request by request. */
export class MoodSetting {
  #treatment = treatedWell;
  #path: VendorPath | undefined;
  #requestsLeft = Infinity;

  set(mood: Mood, options: MoodOptions = {}): void {
    this.#treatment = { mood, delayMs: options.delayMs ?? (mood === "slow" ? slowMs : 0) };
    this.#path = options.path;
    this.#requestsLeft = options.times ?? Infinity;
  }

  /** Takes the treatment of the next request to `path`. */
  take(path: VendorPath): Treatment {
    const elsewhere = this.#path !== undefined && this.#path !== path;
    if (elsewhere || this.#requestsLeft <= 0) return treatedWell;
    this.#requestsLeft -= 1;
    return this.#treatment;
  }
}
