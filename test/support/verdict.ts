/** What long runs tell: progress on standard error, one line a run on standard output, and the exit code. */

export const progress = (line: string): void => console.error(`  ${line}`);

/** Progress of `total` steps: now and then in a log; each step, with the time that is left, for a person at a terminal. */
export function estimating(total: number, steps: string): (done: number, line: string) => void {
  const began = performance.now();
  const isWatched = process.stderr.isTTY;
  return (done, line) => {
    if (!isWatched) {
      if (done % Math.ceil(total / 10) === 0) progress(`${done} ${steps}, ${line}`);
      return;
    }
    const leftMs = ((performance.now() - began) / done) * (total - done);
    const text = `  ${done} of ${total} ${steps}, ${line}, about ${Math.ceil(leftMs / 1000)} s left`;
    process.stderr.write(`\r\u001b[K${text}${done === total ? "\n" : ""}`);
  };
}

/** Prints what a run came to; the process ends with 1 when any of them did not keep what is promised. */
export function report(name: string, counts: object, kept: boolean): void {
  console.log(`${kept ? "kept  " : "BROKEN"} ${name}: ${JSON.stringify(counts)}`);
  if (!kept) process.exitCode = 1;
}
