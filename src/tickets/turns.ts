import { setTimeout as sleep } from "node:timers/promises";
import { Limiter } from "../limiter.ts";

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

/** Makes a `lookUntil` for the callers of this process that wait for one ticket. One looks, and the others wait behind it. */
export function createLookInLine() {
  const lines = new Limiter({ most: Infinity, ofOne: 1 });
  return async <Result>(ticketId: string, until: number, look: () => Promise<Result | null>) => {
    const place = await lines.hold(ticketId, until - performance.now());
    if (typeof place === "string") return null;
    using _ = place;
    return await lookUntil(until, look);
  };
}
