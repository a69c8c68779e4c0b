import { setTimeout as sleep } from "node:timers/promises";

/** Calls `perSecond` times a second until `isOver`, whether or not earlier calls have ended. Returns what they return, once all have ended. */
export async function openLoop<Result>(
  perSecond: number,
  isOver: () => boolean,
  call: (nth: number) => Promise<Result>,
): Promise<Result[]> {
  const began = performance.now();
  const calls: Promise<Result>[] = [];
  while (!isOver()) {
    calls.push(call(calls.length));
    calls.at(-1)!.catch(() => {}); // Promise.all reports it
    const earlyMs = began + (calls.length / perSecond) * 1000 - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
  }
  return Promise.all(calls);
}
