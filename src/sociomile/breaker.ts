/**
 * A circuit breaker in front of the vendor. It opens when half of the calls of the last 30 s failed, or 20 one after the other,
 * and closes step by step: a connection that can be made, then one call, then a few, then all. No library has that middle
 * part, and here it is needed: there is no harmless request to try the vendor with, so each trial is somebody's ticket.
 * Times are of the monotonic clock: a wall clock that is set back would keep the breaker open.
 */

/** How many seconds of calls are looked at, and how many calls there must be to judge. */
const WINDOW_S = 30;
const MIN_CALLS = 20;
/** The share of failures at which it opens. */
const OPENS_AT = 0.5;
/** How long it stays open at first, and between connections that cannot be made. Milliseconds. */
const PAUSE_MS = 5000;
/**
 * From the beginning of a call on trial that failed to the next: this share of the time that the vendor has been failing, at
 * least PAUSE_MS and at most LONGEST_PAUSE_MS. Each is a ticket in doubt, yet the end of a short outage must be noticed soon.
 */
const SHARE_OF_OUTAGE = 1 / 6;
const LONGEST_PAUSE_MS = 30_000;
/** How many calls may be under way while the vendor is on trial; after the last step all may. */
const HALF_OPEN_STEPS = [1, 4, 16];
/** A trial closes the breaker after this time without a failure, also when nobody calls. Milliseconds. */
const QUIET_MS = 60_000;

export type BreakerState = "closed" | "open" | "half-open";

/** What a call showed of the vendor. `nothing`: it was never tried. */
export type CallResult = "worked" | "failed" | "nothing";

export class Breaker {
  readonly #probe: () => Promise<boolean>;
  readonly #changed: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  /** Counts changes of state, so that a call that began before one says nothing after it. */
  #era = 0;
  #window = new Window();
  #failingSince = 0;
  #openUntil = 0;
  #step = 0;
  #trying = 0;
  #passed = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `probe`: whether a connection to the vendor can be made; never rejects. `changed`: told of every change of state. */
  constructor(probe: () => Promise<boolean>, changed: (state: BreakerState) => void) {
    this.#probe = probe;
    this.#changed = changed;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** How many seconds a call should wait; 0 when it may pass now. */
  get waitSeconds(): number {
    if (this.#state === "open") return Math.max(1, Math.ceil((this.#openUntil - performance.now()) / 1000));
    return this.#state === "half-open" && this.#trying >= HALF_OPEN_STEPS[this.#step]! ? 1 : 0;
  }

  /** Lets a call pass, and is then to be told what it showed; or says how many seconds to wait. */
  enter(): { passed: (evidence: CallResult) => void } | { waitSeconds: number } {
    const { waitSeconds } = this;
    if (waitSeconds > 0) return { waitSeconds };
    if (this.#state === "half-open") this.#trying++;
    const era = this.#era;
    const began = performance.now();
    return {
      passed: (evidence) => {
        if (era === this.#era) this.#learn(evidence, began);
      },
    };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #learn(evidence: CallResult, began: number): void {
    if (this.#state === "half-open") {
      this.#trying--;
      if (evidence === "failed") this.#open(began + this.#pauseAfterFailure(began));
      if (evidence === "worked" && ++this.#passed >= HALF_OPEN_STEPS[this.#step]!) this.#nextStep();
    } else if (evidence !== "nothing") {
      this.#window.add(evidence === "failed");
      if (!this.#window.isBad()) return;
      this.#failingSince = began;
      this.#open(performance.now() + PAUSE_MS);
    }
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
    this.#passed = 0;
    this.#become("half-open");
    this.#closeWhenQuiet();
  }

  /** A failure opens the breaker and replaces this timer. A call under way may still fail, so the time begins again. */
  #closeWhenQuiet(): void {
    this.#timer = setTimeout(
      () => (this.#trying > 0 ? this.#closeWhenQuiet() : this.#close()),
      QUIET_MS,
    ).unref();
  }

  #nextStep(): void {
    this.#passed = 0;
    if (++this.#step >= HALF_OPEN_STEPS.length) this.#close();
  }

  #close(): void {
    this.#window = new Window();
    this.#become("closed");
  }

  #become(state: BreakerState): void {
    clearTimeout(this.#timer);
    this.#state = state;
    this.#era++;
    this.#changed(state);
  }
}

/** The calls of the last WINDOW_S seconds, counted by the second. */
class Window {
  readonly #seconds: { at: number; calls: number; failures: number }[] = [];
  /** One after the other, up to now: calls that went well before an outage must not hide its beginning. */
  #failuresInARow = 0;

  add(failed: boolean): void {
    this.#failuresInARow = failed ? this.#failuresInARow + 1 : 0;
    const at = Math.floor(performance.now() / 1000);
    if (this.#seconds.at(-1)?.at !== at) this.#seconds.push({ at, calls: 0, failures: 0 });
    while (this.#seconds[0]!.at <= at - WINDOW_S) this.#seconds.shift();
    const second = this.#seconds.at(-1)!;
    second.calls++;
    if (failed) second.failures++;
  }

  isBad(): boolean {
    const calls = this.#seconds.reduce((sum, second) => sum + second.calls, 0);
    const failures = this.#seconds.reduce((sum, second) => sum + second.failures, 0);
    return calls >= MIN_CALLS && (failures >= calls * OPENS_AT || this.#failuresInARow >= MIN_CALLS);
  }
}
