import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between looks at something that another call changes. The last pause repeats. Milliseconds. */
const LOOK_EVERY_MS = [20, 50, 100, 200];

/** Returns the first result of `look` that is not null. Null when there is none until that time of the monotonic clock. */
export async function lookUntil<Result>(
  until: number,
  look: () => Promise<Result | null>,
): Promise<Result | null> {
  for (let looks = 0; performance.now() < until; looks++) {
    await sleep(LOOK_EVERY_MS[looks] ?? LOOK_EVERY_MS.at(-1));
    const result = await look();
    if (result !== null) return result;
  }
  return null;
}

/** Makes lines of callers, one for each name. `work` gets the end of those who came before. */
export function standingInLine() {
  const lines = new Map<string, Promise<unknown>>();
  return <Result>(name: string, work: (before: Promise<unknown>) => Promise<Result>): Promise<Result> => {
    const before = lines.get(name) ?? Promise.resolve();
    const working = work(before);
    const line = Promise.allSettled([before, working]);
    lines.set(name, line);
    void line.then(() => lines.get(name) === line && lines.delete(name));
    return working;
  };
}

/** Makes a `lookUntil` for the callers of this process that wait for one ticket. One looks, and the others stand in line behind it. */
export function lookingInLine() {
  const inLine = standingInLine();
  return <Result>(ticketId: string, until: number, look: () => Promise<Result | null>) =>
    inLine(ticketId, async (before) => {
      await Promise.race([before, sleep(Math.max(0, until - performance.now()))]);
      return lookUntil(until, look);
    });
}
