import { ANY_SUBMISSION, type ReasonCount } from "../tickets/ports.ts";
import { form } from "./arguments.ts";
import { createCommand, onLedger } from "./command.ts";
import { durationOf } from "./printable.ts";
import { namedValues } from "./table.ts";

/** Number of submissions that wait for somebody, and the age of the oldest; null: nobody measures it. */
export interface Waiting {
  count: number;
  oldestSeconds: number | null;
}
export type Counts = Record<"doubts" | "conflicts" | "queue" | "expired", Waiting>;

/** Time for which an expired request is news, in hours. */
export const NEWS_HOURS = 24;

/** Counts all that an operator must not overlook. No filter hides any of it. */
export const counts = createCommand(
  form(
    "counts",
    `Counts the doubts, the conflicts, what waits for delivery, and what expired in the last ${NEWS_HOURS} hours.`,
  ),
  () =>
    onLedger(async (ledger) => {
      const changedAfter = Temporal.Now.instant().subtract({ hours: NEWS_HOURS });
      const expired = { state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED", changedAfter } as const;
      const found: Counts = {
        doubts: await ledger.doubts(),
        conflicts: totalOf(await ledger.countReasons({ ...ANY_SUBMISSION, hasConflict: true })),
        queue: await ledger.queue(),
        expired: totalOf(await ledger.countReasons({ ...ANY_SUBMISSION, ...expired })),
      };
      return {
        text: namedValues(Object.fromEntries(Object.entries(found).map(lineOf))),
        data: { counts: found },
      };
    }),
);

function totalOf(reasons: readonly ReasonCount[]): Waiting {
  return { count: reasons.reduce((sum, { count }) => sum + count, 0), oldestSeconds: null };
}

function lineOf([name, { count, oldestSeconds }]: [string, Waiting]): [string, string] {
  const age = count > 0 && oldestSeconds !== null ? `, the oldest is ${durationOf(oldestSeconds)} old` : "";
  return [name, `${count}${age}`];
}
