/**
 * Preload (`--import`) of a process whose wall clock is wrong: goes CLOCK_AHEAD_MS ahead, and as far as its parent tells it later.
 */
import { takeClock } from "./clock.ts";

const clock = takeClock(Number(process.env["CLOCK_AHEAD_MS"] ?? 0));
process.on("message", (aheadMs: number) => {
  clock.setAhead(aheadMs);
  process.send?.("set");
});
process.channel?.unref(); // no reason to live on
