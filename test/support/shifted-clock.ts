/**
 * Preload (`--import`) of a process with a wrong wall clock. It is CLOCK_AHEAD_MS ahead, until the parent sends another number.
 */
import { takeClock } from "./clock.ts";

const clock = takeClock(Number(process.env["CLOCK_AHEAD_MS"] ?? 0));
process.on("message", (aheadMs: number) => {
  clock.setAhead(aheadMs);
  process.send?.("set");
});
process.channel?.unref(); // the channel must not keep the process alive
