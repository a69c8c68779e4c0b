/** Output of long runs: progress on standard error, one line for each run on standard output, and the exit code. */

/** Tells something about a run under way. `share`: part of the run that is done, from 0 to 1, where the run knows it. */
export type Tell = (line: string, share?: number) => void;

/** Numbers of a plan. Times are in milliseconds. */
export type Amounts<Names extends string> = Readonly<Record<Names, number>>;

/** Tells nothing, for short forms of runs in tests. */
export const quietly: Tell = () => {};

/** Interval between two states of the line that a terminal shows, in milliseconds. */
const TICK_MS = 1000;

/** Runs something long, and reports its counts. */
export async function tried<Plan, Counts extends object>(
  title: string,
  plannedMs: number,
  run: (plan: Plan, tell: Tell) => Promise<Counts>,
  plan: Plan,
  isKept: (counts: Counts) => boolean,
): Promise<void> {
  const counts = await watched(title, plannedMs, (tell) => run(plan, tell));
  report(title, counts, isKept(counts));
}

/**
 * Runs something long. A terminal shows how long it has run and about how long it still takes: by the share that it tells, and before that by
 * `plannedMs`. A log gets the lines alone; of those with a share it gets one for each tenth.
 */
export async function watched<Result>(
  name: string,
  plannedMs: number,
  run: (tell: Tell) => Promise<Result>,
): Promise<Result> {
  const isShown = process.stderr.isTTY;
  const began = performance.now();
  let [totalMs, tenths, state] = [plannedMs, 0, ""];
  const show = () => {
    const ranMs = performance.now() - began;
    const times = `${clock(ranMs)}, about ${clock(Math.max(totalMs - ranMs, 0))} left`;
    process.stderr.write(`\r\u001b[K  ${name}: ${state}${times}`);
  };
  const ticking = isShown ? setInterval(show, TICK_MS) : undefined;
  try {
    return await run((line, share) => {
      if (share !== undefined && share > 0) totalMs = (performance.now() - began) / share;
      if (isShown) state = `${line}, `;
      else if (share === undefined || Math.floor(10 * share) > tenths) progress(line);
      tenths = Math.floor(10 * (share ?? 0));
    });
  } finally {
    clearInterval(ticking);
    if (isShown) process.stderr.write("\r\u001b[K");
  }
}

/** Writes milliseconds as minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Writes a line about a run under way. */
export function progress(line: string): void {
  console.error(`  ${line}`);
}

/** Prints the result of a run. The process ends with 1 when a run broke its promise. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
