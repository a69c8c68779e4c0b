/** What long runs tell: progress on standard error, one line a run on standard output, and the exit code. */

export const progress = (line: string): void => console.error(`  ${line}`);

/** Prints what a run came to; the process ends with 1 when any of them did not keep what is promised. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
