/** How far the monotonic clock of this test file is ahead of the machine's, in milliseconds. */
let ahead = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + ahead;

/** Makes it later by `ms` milliseconds for whatever asks the monotonic clock; timers and the network do not notice. */
export function skipTime(ms: number): void {
  ahead += ms;
}
