/**
 * Preload (`--import`) of a process with a wrong wall clock. It is CLOCK_AHEAD_MS ahead, until the parent sends another number. The service reads the
 * time of day from Date alone. Monotonic clocks stay unchanged.
 */
const machineNow = Date.now;
let aheadMs = Number(process.env["CLOCK_AHEAD_MS"] ?? 0);
Date.now = () => machineNow() + aheadMs;

process.on("message", (ms: number) => {
  aheadMs = ms;
  process.send?.("set");
});
process.channel?.unref(); // the channel must not keep the process alive
