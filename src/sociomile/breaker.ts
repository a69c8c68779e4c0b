/** Circuit breaker for calls to the vendor. Half of the last 20 calls open it. Its times are monotonic: wall clocks jump. */

/** Calls that it counts, and failures among them at which it opens. */
const COUNTED = 20;
const OPENS_AT = COUNTED / 2;
/** First and longest pause before a probe. It doubles with each opening, until COUNTED calls passed without one. Milliseconds. */
const PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;

export type BreakerState = "closed" | "open" | "half-open";

/** Result of a call, for the breaker. `nothing`: the vendor was not tried. */
export type CallResult = "worked" | "failed" | "nothing";

/** `changed` gets every new state. */
export function createCircuitBreaker(changed: (state: BreakerState) => void) {
  let state: BreakerState = "closed";
  /** The last calls that ended, the oldest first. Each opening begins a new list, so that earlier calls do not count. */
  let ended: CallResult[] = [];
  let isProbing = false;
  let pauseMs = PAUSE_MS;
  let openUntil = 0;
  return {
    /** Number of calls that may pass now: all, none, or a probe. */
    get free(): number {
      if (state === "closed") return Infinity;
      return state === "open" || isProbing ? 0 : 1;
    },
    /** Seconds that a call should wait; 0 when it may pass now. */
    get waitSeconds(): number {
      return this.free > 0 ? 0 : Math.max(1, Math.ceil((openUntil - performance.now()) / 1000));
    },
    get isOpen(): boolean {
      return state === "open";
    },
    /** Lets a call pass, and returns the function that records its result. Null: it must wait. */
    enter(): ((result: CallResult) => void) | null {
      if (this.free === 0) return null;
      isProbing = state === "half-open";
      const own = ended;
      return (result) => {
        if (own === ended) count(result);
      };
    },
  };

  function count(result: CallResult): void {
    isProbing = false;
    if (result === "nothing") return;
    if (ended.push(result) > COUNTED) ended.shift();
    const failures = ended.filter((each) => each === "failed").length;
    if (failures >= OPENS_AT || (state === "half-open" && failures > 0)) {
      ended = [];
      openUntil = performance.now() + pauseMs;
      setTimeout(become, pauseMs, "half-open").unref();
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      become("open");
    } else if (state === "half-open") become("closed");
    else if (ended.length === COUNTED) pauseMs = PAUSE_MS;
  }

  function become(next: BreakerState): void {
    state = next;
    changed(next);
  }
}
