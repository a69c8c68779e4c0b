/** Rows of submissions that the database has lost, for example in a failover to a standby that had not received them. */
import { type Kysely, sql } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { doubted } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { textOf } from "../ids.ts";
import { holderOf, rowOf, submissionOf } from "./row.ts";
import { type TimedEnding, outcomeRow, queueColumns } from "./settle-one.ts";
import { updatesOf } from "./updates.ts";

/** Most changes of a restored row until nothing stands in its way. */
const TRIES = 5;

/**
 * Inserts the row of a reservation again, with the outcome of its attempt. It gives way to what was recorded meanwhile. Null: its row is
 * there by now, and must be read.
 */
export async function restore(
  ending: TimedEnding,
  wanted: Settled,
  context: LedgerContext,
): Promise<{ settled: Settled; changed: SubmissionRow } | null> {
  const { db, observe } = context;
  let settled = wanted;
  let row = await belowNewer(rowFrom(ending, settled, context), db);
  for (let tries = 0; tries < TRIES; tries++) {
    const inserted = await db
      .insertInto("submissions")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (inserted) {
      const { id: submissionId, state, ticketId } = settled.submission;
      observe("ledger.row_restored", { submissionId, state, ticketId });
      const lostKey = row.key_hash === null && (ending.reservedRow as SubmissionRow).key_hash !== null;
      if (lostKey && ticketId !== null) observe("submission.conflict", { submissionId, ticketId });
      return { settled: { ...settled, submission: submissionOf(inserted) }, changed: inserted };
    }
    const next = await givingWay(row, settled, ending, context);
    if (next === null) return null;
    ({ row, settled } = next);
  }
  throw new Error("The row could not be restored");
}

type Insertable = Parameters<ReturnType<Kysely<Tables>["insertInto"]>["values"]>[0] & SubmissionRow;

/** Returns the lost row with the outcome of its attempt. */
function rowFrom(ending: TimedEnding, settled: Settled, context: LedgerContext): Insertable {
  const lost = ending.reservedRow as SubmissionRow;
  const { reserved_attempt: _attempt, ended_ago, ...outcome } = outcomeRow(settled, ending, context);
  const isQueued = outcome.state === "QUEUED";
  const stored = isQueued ? queueColumns(ending, lost, context) : NO_REQUEST;
  const settled_at = sql<number>`${context.clock.sql} - ${ended_ago}`;
  return { ...lost, ...stored, ...outcome, settled_at } as unknown as Insertable;
}
const NO_REQUEST = { request: null, deliver_by: null, handed_in_at: null, not_before: null, tries: null };

/** Puts an update below newer ones of its ticket: their order may have been given after its own was lost. */
async function belowNewer(row: Insertable, db: Kysely<Tables>): Promise<Insertable> {
  if (row.update_order === null) return row;
  const { lowest } = await updatesOf(row.ticket_id!, db)
    .select((eb) => eb.fn.min("update_order").as("lowest"))
    .where("id", ">", row.id)
    .executeTakeFirstOrThrow();
  return lowest === null || lowest > row.update_order ? row : { ...row, update_order: lowest - 1 };
}

/**
 * Decides by what stands in the way of a lost row. Its key: it loses the key, and is not sent again. Its ticket id: it is a doubt. Its
 * number: the check for that number is over. Null: its own row is there.
 */
async function givingWay(
  row: Insertable,
  settled: Settled,
  ending: TimedEnding,
  context: LedgerContext,
): Promise<{ row: Insertable; settled: Settled } | null> {
  const { db } = context;
  const id = textOf(row.id);
  if ((await rowOf(id, db)) !== null) return null;
  const ofKey =
    row.key_hash &&
    (await db.selectFrom("submissions").select("id").where("key_hash", "=", row.key_hash).executeTakeFirst());
  if (ofKey || row.state === "QUEUED") {
    const notSent = {
      ...settled,
      submission: { ...settled.submission, state: "NOT_EXECUTED" as const, deliverBy: null },
    };
    const kept = row.state === "QUEUED" ? notSent : settled;
    return {
      row: {
        ...rowFrom(ending, kept, context),
        update_order: row.update_order,
        key_hash: null,
        opens_once: 0,
      },
      settled: kept,
    };
  }
  const { ticketId } = settled.submission;
  if (row.requested_status === null && ticketId !== null && (await holderOf(ticketId, id, db)) !== null) {
    const doubt = doubted(settled);
    return {
      row: { ...rowFrom(ending, doubt, context), key_hash: row.key_hash, opens_once: row.opens_once },
      settled: doubt,
    };
  }
  return { row: { ...row, opens_once: 0 }, settled };
}
