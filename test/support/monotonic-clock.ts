/** Difference between the monotonic clock of this test file and the machine's, in milliseconds. */
let ahead = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + ahead;

/** Moves the monotonic clock forward by `ms` milliseconds. Timers and the network are not affected. */
export function skipTime(ms: number): void {
  ahead += ms;
}
