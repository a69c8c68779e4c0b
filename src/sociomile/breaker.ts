/**
 * Circuit breaker for calls to the vendor. It opens at a failure when half of the calls of the last 30 s failed, or 20 calls in a row. It
 * closes step by step: first a connection must succeed, then one call, then a few calls, then all may pass. Libraries lack
 * these steps. They are needed because the vendor has no harmless request: each call in half-open is a real ticket.
 * Times come from the monotonic clock, because a wall clock that is set back would keep the breaker open.
 */

/** Time of calls that the breaker counts. Milliseconds. */
const WINDOW_MS = 30_000;
/** Fewest calls on which it may open. */
const MIN_CALLS = 20;
/** Share of failures at which it opens. */
const OPENS_AT = 0.5;
/** Time for which it stays open at first, and after a connection that fails. Milliseconds. */
const PAUSE_MS = 5000;
/**
 * Time from the beginning of a failed call in half-open to the next one, as a share of the outage so far. It is at least
 * PAUSE_MS and at most LONGEST_PAUSE_MS: each failed call is a doubt, but the end of a short outage must be noticed soon.
 */
const SHARE_OF_OUTAGE = 1 / 6;
const LONGEST_PAUSE_MS = 30_000;
/** Calls that may be under way in each step of half-open. After the last step the breaker closes. */
const HALF_OPEN_STEPS = [1, 4, 16];
/** Time without a failure after which half-open turns into closed, even without a call. Milliseconds. */
const QUIET_MS = 60_000;

export type BreakerState = "closed" | "open" | "half-open";

/** Result of a call, for the breaker. `nothing`: the vendor was never tried. */
export type CallResult = "worked" | "failed" | "nothing";

export class Breaker {
  readonly #probe: () => Promise<boolean>;
  readonly #changed: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  /** Number of changes of state. A call that began before the last change is not counted. */
  #era = 0;
  /** Calls of the last WINDOW_MS. */
  #calls: { at: number; failed: boolean }[] = [];
  #failingSince = 0;
  #openUntil = 0;
  #step = 0;
  #trying = 0;
  #worked = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `probe` resolves to true when a connection to the vendor succeeds, and never rejects. `changed` hears every new state. */
  constructor(probe: () => Promise<boolean>, changed: (state: BreakerState) => void) {
    this.#probe = probe;
    this.#changed = changed;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Seconds that a call should wait; 0 when it may pass now. */
  get waitSeconds(): number {
    if (this.#state === "open") return Math.max(1, Math.ceil((this.#openUntil - performance.now()) / 1000));
    return this.#state === "half-open" && this.#trying >= HALF_OPEN_STEPS[this.#step]! ? 1 : 0;
  }

  /** Number of calls that may pass now. */
  get free(): number {
    if (this.#state === "closed") return Infinity;
    return this.#state === "open" ? 0 : Math.max(0, HALF_OPEN_STEPS[this.#step]! - this.#trying);
  }

  /** Lets a call pass, and returns the function that takes its result; or returns the seconds to wait. */
  enter(): { ended: (result: CallResult) => void } | { waitSeconds: number } {
    const { waitSeconds } = this;
    if (waitSeconds > 0) return { waitSeconds };
    if (this.#state === "half-open") this.#trying++;
    const era = this.#era;
    const began = performance.now();
    return {
      ended: (result) => {
        if (era === this.#era) this.#count(result, began);
      },
    };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #count(result: CallResult, began: number): void {
    if (this.#state === "half-open") {
      this.#trying--;
      if (result === "failed") this.#open(began + this.#pauseAfterFailure(began));
      if (result === "worked" && ++this.#worked >= HALF_OPEN_STEPS[this.#step]!) this.#nextStep();
    } else if (result !== "nothing") {
      const at = performance.now();
      this.#calls.push({ at, failed: result === "failed" });
      while (this.#calls[0]!.at <= at - WINDOW_MS) this.#calls.shift();
      if (result === "worked" || !this.#areBad()) return;
      this.#failingSince = began;
      this.#open(at + PAUSE_MS);
    }
  }

  /** Failures in a row show an outage although many calls before them worked. */
  #areBad(): boolean {
    const { length } = this.#calls;
    const failures = this.#calls.filter(({ failed }) => failed).length;
    const areLastBad = this.#calls.slice(-MIN_CALLS).every(({ failed }) => failed);
    return length >= MIN_CALLS && (failures >= length * OPENS_AT || areLastBad);
  }

  #pauseAfterFailure(began: number): number {
    return Math.min(Math.max((began - this.#failingSince) * SHARE_OF_OUTAGE, PAUSE_MS), LONGEST_PAUSE_MS);
  }

  #open(until: number): void {
    const pauseMs = Math.max(0, until - performance.now());
    this.#openUntil = until;
    if (this.#state !== "open") this.#become("open");
    this.#timer = setTimeout(() => void this.#tryToConnect(), pauseMs).unref();
  }

  async #tryToConnect(): Promise<void> {
    if (!(await this.#probe())) return this.#open(performance.now() + PAUSE_MS);
    this.#step = 0;
    this.#trying = 0;
    this.#worked = 0;
    this.#become("half-open");
    this.#closeWhenQuiet();
  }

  /** Closes the breaker after QUIET_MS. A call under way may still fail, so the time then begins again. */
  #closeWhenQuiet(): void {
    this.#timer = setTimeout(
      () => (this.#trying > 0 ? this.#closeWhenQuiet() : this.#close()),
      QUIET_MS,
    ).unref();
  }

  #nextStep(): void {
    this.#worked = 0;
    if (++this.#step >= HALF_OPEN_STEPS.length) this.#close();
  }

  #close(): void {
    this.#calls = [];
    this.#become("closed");
  }

  #become(state: BreakerState): void {
    clearTimeout(this.#timer);
    this.#state = state;
    this.#era++;
    this.#changed(state);
  }
}
