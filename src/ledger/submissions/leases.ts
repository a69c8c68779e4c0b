/** Reservations without an owner: those whose lease is over, and those that failed for their caller, who sent nothing. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { IS_NOT_CONFIRMED_SQL, HAS_OTHER_REASON_SQL } from "../database/schema.ts";
import { textOf, bytesOf } from "../clock.ts";
import { NEXT_NTH, change } from "./changes.ts";
import type { RowNow } from "./row.ts";
import { createGroup, createRepeatedWork } from "../work.ts";

/** Turns submissions whose owner died into doubts. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  const { clock, db } = context;
  await clock.read(db);
  // The clock was ahead, and is right again: what was sent meanwhile would be open too long. One statement changes updates that
  // were accepted later too: otherwise the doubt would seem to be over before the acceptance.
  const isOpen = sql`open.sent_at > ${clock.sql} AND open.state IN ('SENDING', 'UNCERTAIN') AND open.state <> 'CONFIRMED'`;
  await sql`UPDATE submissions SET sent_at = ${clock.sql}, changed_at = ${clock.sql} WHERE id IN (
    SELECT id FROM submissions AS open WHERE ${isOpen}
    UNION SELECT accepted.id FROM submissions AS open JOIN submissions AS accepted ON accepted.ticket_id = open.ticket_id
      AND accepted.requested_status IS NOT NULL AND accepted.state = 'CONFIRMED' AND accepted.sent_at > ${clock.sql}
      WHERE ${isOpen} AND open.requested_status IS NOT NULL)`.execute(db);
  await endLeases(context);
}

/** True for a submission whose lease is over: its owner died. */
export function isLeaseOver(
  { state, sent_at, now }: Pick<RowNow, "state" | "sent_at" | "now">,
  { leaseMs }: LedgerContext,
): boolean {
  return state === "SENDING" && sent_at! < now - leaseMs;
}

/** Ends the leases that are over, or only that of a row that was met after its end. */
export async function endLeases(context: LedgerContext, met?: Pick<RowNow, "id">): Promise<void> {
  const { clock, leaseMs, observe } = context;
  const ending = { reason: "OWNER_DIED", settled_at: clock.sql, ...NEXT_NTH } as const;
  const isOver = sql`sent_at < ${clock.after(-leaseMs)} AND ${met ? sql`id = ${met.id}` : IS_NOT_CONFIRMED_SQL}`;
  const expired = await change(context, "loseOwner", "UNCERTAIN", ending, isOver);
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}

/** Releases these reservations, also when their leases are over. False for one that no row has now. */
export async function release(reservationIds: readonly string[], context: LedgerContext): Promise<boolean[]> {
  const { db, clock } = context;
  const rows = await rowsHeldBy(reservationIds.map(bytesOf), db);
  if (rows.length === 0) return reservationIds.map(() => false);
  const areTheirs = sql`id IN (${sql.join(rows.map(({ id }) => id))})
    AND reservation_id IN (${sql.join(rows.map(({ reservation_id }) => reservation_id))})`;
  const reservation_id = bytesOf(clock.newId()); // a request that is queued from now on is not released once more
  const values = { reason: "NOT_SENT_IN_TIME", settled_at: clock.sql, reservation_id } as const;
  // A delivery goes back into the queue. The others, which a caller handed in, are not executed.
  const areDelivered = sql`${areTheirs} AND state <> 'QUEUED' AND deliver_by IS NOT NULL`;
  await change(context, "release", "QUEUED", values, areDelivered);
  await change(context, "release", "NOT_EXECUTED", values, areTheirs);
  const found = new Set(rows.map((row) => textOf(row.reservation_id)));
  return reservationIds.map((id) => found.has(id));
}

/** Finds rows that may be released. Each part has an index, because those states are rare. */
async function rowsHeldBy(reservations: readonly Uint8Array[], db: LedgerContext["db"]) {
  const found = sql`SELECT id, reservation_id FROM submissions WHERE reservation_id IN (${sql.join([...reservations])})`;
  const { rows } = await sql<Record<"id" | "reservation_id", Uint8Array>>`
    ${found} AND state = 'SENDING' AND ${IS_NOT_CONFIRMED_SQL}
    UNION ALL ${found} AND reason = 'OWNER_DIED' AND ${HAS_OTHER_REASON_SQL}
    UNION ALL ${found} AND deliver_by IS NOT NULL`.execute(db);
  return rows;
}

/** Most reservations that are looked for. Further ones become doubts when their leases are over. */
const MAX_UNANSWERED = 20_000;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Releases reservations whose answer did not arrive in time: nothing was sent for them, but the ledger may still commit them.
 * `releaseAll` returns true for those that it found. While the service closes, each is looked for once more.
 */
export function createReleases(releaseAll: (ids: readonly string[]) => Promise<boolean[]>, closing: AbortSignal) {
  const looks = createRepeatedWork(closing);
  const releaseOne = createGroup(releaseAll);
  return {
    add(id: string): void {
      if (looks.count() >= MAX_UNANSWERED) return;
      const until = performance.now() + LOOK_FOR_MS;
      void looks.repeat(async () => {
        const isLast = performance.now() > until || closing.aborted;
        return (await releaseOne(id)) || isLast || null;
      });
    },
    done: looks.done,
  };
}
