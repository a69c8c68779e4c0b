/** Output of long runs: progress on standard error, one line for each run on standard output, and the exit code. */

/** Tells something about a run under way. `share`: part of the run that is done, from 0 to 1, where the run knows it. */
export type Tell = (line: string, share?: number) => void;

/** Numbers of a plan. Times are in milliseconds. */
export type Amounts<Names extends string> = Readonly<Record<Names, number>>;

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

/** Runs something long, and tells what it tells: of lines with a share one for each tenth. */
export async function watched<Result>(name: string, run: (tell: Tell) => Promise<Result>): Promise<Result> {
  let tenths = 0;
  return run((line, share = NaN) => {
    if (Math.floor(10 * share) <= tenths) return;
    tenths = Math.floor(10 * share) || tenths;
    progress(`${name}: ${line}`);
  });
}

export function progress(line: string): void {
  console.error(`  ${line}`);
}

/** Prints the result of a run. The process ends with 1 when a run broke its promise. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
