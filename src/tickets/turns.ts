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

/** Makes a `lookUntil` for the callers of this process that wait for one ticket. One looks, and the others stand in line behind it. */
export function inTurns() {
  const lines = new Map<string, Promise<unknown>>();
  return async <Result>(
    ticketId: string,
    until: number,
    look: () => Promise<Result | null>,
  ): Promise<Result | null> => {
    const before = lines.get(ticketId);
    const turn = Promise.race([before, sleep(Math.max(0, until - performance.now()))]);
    const looking = turn.then(() => lookUntil(until, look));
    const line = Promise.allSettled([before, looking]);
    lines.set(ticketId, line);
    void line.then(() => lines.get(ticketId) === line && lines.delete(ticketId));
    return looking;
  };
}
