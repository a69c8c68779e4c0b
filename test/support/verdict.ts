/** Output of long runs: progress on standard error, one line for each run on standard output, and the exit code. */

/** Writes a line about a run under way. */
export function progress(line: string): void {
  console.error(`  ${line}`);
}

/** Prints the result of a run. The process ends with 1 when a run broke its promise. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
