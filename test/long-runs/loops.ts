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

/** Does `work` for each item, with several under way at once. */
export async function forEachOf<Item>(items: Iterable<Item>, work: (item: Item) => unknown, atOnce = 8) {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
