/** Deadlines of a call. Times are milliseconds of the monotonic clock. */
import type { Sender } from "../tickets/ports.ts";

/** Longest time from the decision to send until the first byte leaves, in milliseconds. */
const START_WITHIN_MS = 2000;
/** Share of `timeoutMs` that must be left for the answer at the first byte. With less nothing is sent: certainly not executed beats a doubt. */
const ANSWER_SHARE = 1 / 4;
/** Share of `timeoutMs` that must be left of the caller's time for a first try, after slow mutations of its document: otherwise it would end in doubt. */
const FIRST_TRY_SHARE = 1 / 2;

/** True when enough of the caller's time is left for a first try. `timeoutMs` is the longest time of a call. */
export function isInTime({ answerBy }: Pick<Sender, "answerBy">, timeoutMs: number): boolean {
  return answerBy - performance.now() >= timeoutMs * FIRST_TRY_SHARE;
}

export function giveUpAt({ decidedAt, answerBy }: Sender, timeoutMs: number): number {
  return Math.min(decidedAt + timeoutMs, answerBy);
}

/** Returns the time by which the first byte of a try that begins at `from` must leave. */
export function startBy(sender: Sender, timeoutMs: number, from: number): number {
  const lastUsefulStart = giveUpAt(sender, timeoutMs) - timeoutMs * ANSWER_SHARE;
  return Math.min(from + START_WITHIN_MS, lastUsefulStart);
}
