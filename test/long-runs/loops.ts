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

/** Calls `perSecond` times a second until `end` is settled. Returns how long each call took, in milliseconds. */
export function latenciesUntil(
  end: Promise<unknown>,
  perSecond: number,
  call: () => Promise<unknown>,
): Promise<number[]> {
  let isOver = false;
  void end.finally(() => (isOver = true));
  return openLoop(
    perSecond,
    () => isOver,
    async () => {
      const leftAt = performance.now();
      await call();
      return performance.now() - leftAt;
    },
  );
}

export async function forEachOf<Item>(items: Iterable<Item>, work: (item: Item) => unknown, atOnce = 8) {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
