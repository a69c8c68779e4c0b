/** Output of long runs: progress on standard error, one line for each run on standard output, and the exit code. */

/** Writes a line about a run under way. */
export function progress(line: string): void {
  console.error(`  ${line}`);
}

/** Reports the progress of `total` steps. A terminal shows each step and the remaining time, a log shows every tenth part. */
export function estimating(total: number, steps: string): (done: number, line: string) => void {
  const began = performance.now();
  const isWatched = process.stderr.isTTY;
  let tenths = 0;
  return (done, line) => {
    if (!isWatched) {
      const reached = Math.floor((10 * done) / total);
      if (reached > tenths) progress(`${done} ${steps}, ${line}`);
      tenths = reached;
      return;
    }
    const leftMs = ((performance.now() - began) / done) * (total - done);
    const text = `  ${done} of ${total} ${steps}, ${line}, about ${Math.ceil(leftMs / 1000)} s left`;
    process.stderr.write(`\r\u001b[K${text}${done === total ? "\n" : ""}`);
  };
}

/** Prints the result of a run. The process ends with 1 when a run broke its promise. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
