/**
 * Circuit breaker for calls to the vendor. It opens at a failure when half of the calls of the last 30 s failed, or 20 calls in a row, or when
 * several clients met four answers that did not come from the vendor's software. It closes step by step: first a connection must succeed, then one call, then a
 * few calls, then all may pass. Libraries lack these steps. They are needed because the vendor has no harmless request: each call in half-open is a
 * real ticket.
 * Times come from the monotonic clock, because a wall clock that is set back would keep the breaker open.
 */

/** Seconds of calls that the breaker counts. */
const WINDOW_S = 30;
/** Fewest calls on which it may open. */
const MIN_CALLS = 20;
/** Share of failures at which it opens. */
const OPENS_AT = 0.5;
/** Formless answers, without a call that worked between them, at which it opens if several clients met them. */
const MOST_FORMLESS = 4;
/** Time for which it stays open at first, and after a connection that fails. Milliseconds. */
const PAUSE_MS = 5000;
/**
 * Time from the beginning of a failed call in half-open to the next one, as a share of the outage so far. It is at least
 * PAUSE_MS and at most LONGEST_PAUSE_MS: each failed call is a doubt, but the end of a short outage must be noticed soon.
 */
const SHARE_OF_OUTAGE = 1 / 4;
const LONGEST_PAUSE_MS = 60_000;
/** Calls that may be under way in each step of half-open. After the last step the breaker closes. */
const HALF_OPEN_STEPS = [1, 4, 16];
/** Time without a failure after which half-open turns into closed, even without a call. Milliseconds. */
const QUIET_MS = 60_000;

export type BreakerState = "closed" | "open" | "half-open";

/** Result of a call, for the breaker. `formless`: it failed, with an answer in another form than the vendor's, such as a proxy's page. `nothing`: the vendor was not tried. */
export type CallResult = "worked" | "failed" | "formless" | "nothing";

/** `probe` resolves to true when a connection to the vendor succeeds, and never rejects. `changed` hears every new state. */
export function createCircuitBreaker(probe: () => Promise<boolean>, changed: (state: BreakerState) => void) {
  /** State with the step of half-open and its calls. A call that began in an earlier phase is not counted. */
  let phase = { state: "closed" as BreakerState, step: 0, trying: 0, worked: 0 };
  /** Calls of the last WINDOW_S by the second, so that many calls cost no more than few. */
  let seconds: { second: number; calls: number; failures: number }[] = [];
  let failuresInARow = 0;
  /** Clients that met formless answers since a call worked, once for each answer. */
  let formless: string[] = [];
  let failingSince = 0;
  let openUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    get isOpen(): boolean {
      return phase.state === "open";
    },
    /** Seconds that a call should wait; 0 when it may pass now. */
    get waitSeconds(): number {
      if (phase.state === "open") return Math.max(1, Math.ceil((openUntil - performance.now()) / 1000));
      return this.free > 0 ? 0 : 1;
    },
    /** Number of calls that may pass now. */
    get free(): number {
      if (phase.state === "closed") return Infinity;
      return phase.state === "open" ? 0 : HALF_OPEN_STEPS[phase.step]! - phase.trying;
    },
    /** Lets a call pass, and returns the function that takes its result. Null: it must wait. */
    enter(clientId = ""): ((result: CallResult) => void) | null {
      if (this.free <= 0) return null;
      const [own, began] = [phase, performance.now()];
      own.trying++;
      return (result) => {
        if (own === phase) count(result, began, clientId);
      };
    },
    close: () => clearTimeout(timer),
  };

  function count(result: CallResult, began: number, clientId: string): void {
    phase.trying--;
    const hasFailed = result === "failed" || result === "formless";
    if (phase.state === "half-open") {
      const pauseMs = Math.max((began - failingSince) * SHARE_OF_OUTAGE, PAUSE_MS);
      if (hasFailed) open(began + Math.min(pauseMs, LONGEST_PAUSE_MS));
      if (result !== "worked" || ++phase.worked < HALF_OPEN_STEPS[phase.step]!) return;
      phase.worked = 0;
      if (++phase.step >= HALF_OPEN_STEPS.length) close();
    } else if (result !== "nothing") {
      const at = performance.now();
      countIn(Math.floor(at / 1000), hasFailed);
      if (result === "worked") formless = [];
      if (result === "formless") formless.push(clientId);
      // The requests of one client may themselves cause a proxy's page.
      const areFormless = formless.length >= MOST_FORMLESS && new Set(formless).size > 1;
      if (!hasFailed || !(areFormless || areBad())) return;
      failingSince = began;
      open(at + PAUSE_MS);
    }
  }

  function countIn(second: number, failed: boolean): void {
    let last = seconds.at(-1);
    if (last?.second !== second) {
      last = { second, calls: 0, failures: 0 };
      seconds = [...seconds.filter((each) => each.second > second - WINDOW_S), last];
    }
    last.calls++;
    last.failures += Number(failed);
    failuresInARow = failed ? failuresInARow + 1 : 0;
  }

  /** Failures in a row show an outage although many calls before them worked. */
  function areBad(): boolean {
    const calls = seconds.reduce((sum, each) => sum + each.calls, 0);
    const failures = seconds.reduce((sum, each) => sum + each.failures, 0);
    return calls >= MIN_CALLS && (failures >= calls * OPENS_AT || failuresInARow >= MIN_CALLS);
  }

  function open(until: number): void {
    const pauseMs = Math.max(0, until - performance.now());
    openUntil = until;
    if (phase.state !== "open") become("open");
    timer = setTimeout(() => void tryToConnect(), pauseMs).unref();
  }

  async function tryToConnect(): Promise<void> {
    if (!(await probe())) return open(performance.now() + PAUSE_MS);
    become("half-open");
    closeWhenQuiet();
  }

  /** Closes the breaker after QUIET_MS. A call under way may still fail, so the time then begins again. */
  function closeWhenQuiet(): void {
    timer = setTimeout(() => (phase.trying > 0 ? closeWhenQuiet() : close()), QUIET_MS).unref();
  }

  function close(): void {
    seconds = [];
    formless = [];
    become("closed");
  }

  function become(next: BreakerState): void {
    clearTimeout(timer);
    phase = { state: next, step: 0, trying: 0, worked: 0 };
    changed(next);
  }
}
