/** Output of long runs: progress on standard error, one line for each run on standard output, and the exit code. */

/** Tells something about a run under way. `share`: part of the run that is done, from 0 to 1, where the run knows it. */
export type Tell = (line: string, share?: number) => void;

/** Numbers of a plan. Times are in milliseconds. */
export type Amounts<Names extends string> = Readonly<Record<Names, number>>;

/** Tells nothing, for short forms of runs in tests. */
export const quietly: Tell = () => {};

export async function tried<Plan, Counts extends object>(
  title: string,
  run: (plan: Plan, tell: Tell) => Promise<Counts>,
  plan: Plan,
  isKept: (counts: Counts) => boolean,
): Promise<void> {
  const counts = await watched(title, (tell) => run(plan, tell));
  report(title, counts, isKept(counts));
}

/**
 * Runs something long. A terminal shows its last line and about how long it still takes, by the share that it tells. A log gets the lines alone; of
 * those with a share it gets one for each tenth.
 */
export async function watched<Result>(name: string, run: (tell: Tell) => Promise<Result>): Promise<Result> {
  const isShown = process.stderr.isTTY;
  const began = performance.now();
  let tenths = 0;
  const result = await run((line, share = NaN) => {
    const ranMs = performance.now() - began;
    const left = share > 0 ? `, about ${clock(ranMs / share - ranMs)} left` : "";
    if (isShown) process.stderr.write(`\r\u001b[K  ${name}: ${line}, ${clock(ranMs)}${left}`);
    else if (!(Math.floor(10 * share) <= tenths)) progress(line);
    tenths = Math.floor(10 * share) || tenths;
  });
  if (isShown) process.stderr.write("\r\u001b[K");
  return result;
}

const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);

export function progress(line: string): void {
  console.error(`  ${line}`);
}

/** Prints the result of a run. The process ends with 1 when a run broke its promise. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
