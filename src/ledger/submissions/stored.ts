import { sql } from "kysely";
import type { LedgerClock } from "../clock.ts";

/** Time after its own within which a stored request ends by itself. Milliseconds. */
const ENDS_WITHIN_MS = 24 * 60 * 60 * 1000;

/**
 * Conditions for stored requests, by the ledger's time: what is due, ends, is erased, is retried and is shown. One that expired
 * long ago waits for a person: the clock may be wrong, or the service has stood still.
 */
export function byTimeSql(clock: LedgerClock) {
  const waits = sql<boolean>`submissions.deliver_by <= ${clock.after(-ENDS_WITHIN_MS)}`;
  return {
    isInTime: sql<boolean>`submissions.deliver_by > ${clock.sql}`,
    ends: sql<boolean>`submissions.deliver_by <= ${clock.sql} AND NOT ${waits}`,
    waits,
  };
}
