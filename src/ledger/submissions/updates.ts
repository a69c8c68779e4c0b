/** Order of the updates of one ticket, and those that a later one makes void. All of this runs under the lock of the ticket. */
import { type Kysely, sql } from "kysely";
import type { OpenUpdates } from "../../tickets/reservation.ts";
import { NOT_CREATED_AFTER_MINUTES } from "../../tickets/resolve.ts";
import type { SubmissionReason } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { change } from "./changes.ts";
import { withTicket } from "./with-ticket.ts";

/** Distance between two updates in their order. It leaves room for acceptances that come late. */
const STEP = 1000;
/** Age from which a doubt is void when a later update with another status is accepted: until then it may still be executed. */
const MAY_BE_EXECUTED_MS = NOT_CREATED_AFTER_MINUTES * 60_000;

/** Condition in the words of an index. SQLite uses an index of some rows only for a condition with the same words and without parameters. */
const IS_OPEN = sql<boolean>`(state = 'SENDING' OR state = 'QUEUED' OR state = 'UNCERTAIN')`;

/** Other updates of a ticket, as one that is handed in now finds them. */
interface Others extends OpenUpdates {
  /** The one that is being sent although its lease is over, and the ledger's time; null: there is none. */
  abandoned: { id: Uint8Array; now: number } | null;
  /** Position of the update that is handed in now. */
  nextOrder: number;
}

/** Looks at the updates of tickets. Returns what an update of one of them finds there, which is itself not counted. */
export async function otherUpdates(
  ticketIds: readonly string[],
  { db, clock }: LedgerContext,
): Promise<(ticketId: string, self?: Uint8Array) => Others> {
  const updates = db
    .selectFrom("submissions")
    .where("ticket_id", "in", ticketIds)
    .where("requested_status", "is not", null);
  const open = await updates
    .select(["id", "ticket_id", "state", "lease_until", clock.sql.as("now")])
    .where(IS_OPEN)
    .execute();
  const orders = await updates
    .select(({ fn }) => ["ticket_id", fn.max("update_order").as("last")])
    .groupBy("ticket_id")
    .execute();
  return (ticketId, self) => {
    const others = open.filter((row) => row.ticket_id === ticketId && row.id.toHex() !== self?.toHex());
    const sending = others.find(({ state }) => state === "SENDING");
    const newest = orders.find(({ ticket_id }) => ticket_id === ticketId);
    return {
      isSending: sending !== undefined,
      isQueued: others.some(({ state }) => state === "QUEUED"),
      abandoned: sending && sending.lease_until < sending.now ? sending : null,
      nextOrder: (newest?.last ?? 0) + STEP,
    };
  };
}

/** Finds those of some updates beside which another one of their ticket is open, or accepted with a later position. Returns their ids. */
export async function entangledAmong(
  ids: readonly Uint8Array[],
  db: Kysely<Tables>,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: Uint8Array }>`
    SELECT id FROM submissions AS own WHERE id IN (${sql.join([...ids])}) AND EXISTS (
      SELECT 1 FROM submissions WHERE ticket_id = own.ticket_id AND requested_status IS NOT NULL AND id <> own.id
        AND (${IS_OPEN} OR (state = 'CONFIRMED' AND update_order > own.update_order)))`.execute(db);
  return new Set(rows.map(({ id }) => id.toHex()));
}

/** Returns the accepted update that was sent last, but not the one with the id `except`. Undefined: none is accepted. */
export function lastAccepted(
  ticketId: string,
  db: Kysely<Tables>,
  except?: Uint8Array,
): Promise<Pick<SubmissionRow, "update_order" | "requested_status"> | undefined> {
  return updatesOf(ticketId, db, except)
    .select(["update_order", "requested_status"])
    .where("state", "=", sql.lit("CONFIRMED"))
    .orderBy("update_order", "desc")
    .limit(1)
    .executeTakeFirst();
}

/**
 * Moves an update directly behind the last accepted one, because its acceptance came later: what it asked for was done last, as far
 * as is known. Updates that were handed in since then stay behind it. Returns its position.
 */
export async function moveBehindAccepted(
  { id, ticket_id, update_order }: Pick<SubmissionRow, "id" | "ticket_id" | "update_order">,
  db: Kysely<Tables>,
): Promise<number> {
  const last = await lastAccepted(ticket_id!, db, id);
  const order = Math.max((last?.update_order ?? 0) + 1, update_order!);
  if (order !== update_order)
    await db.updateTable("submissions").set({ update_order: order }).where("id", "=", id).execute();
  return order;
}

/**
 * Marks updates that were handed in after a delivered one, but were sent before it, and had no effect as far as is known. When an operator finds
 * one of them set after all, the delivered one still decides the status.
 */
export async function markSentBefore(ticketId: string, order: number, db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ holds_ticket: 0 })
    .where("ticket_id", "=", ticketId)
    .where("requested_status", "is not", null)
    .where("state", "=", "NOT_EXECUTED")
    .where("update_order", ">", order)
    .execute();
}

/**
 * Makes updates void that were handed in before the last accepted one: queued ones, which were never sent; doubts that asked for the same
 * status; and other doubts when they are so old that they are no longer executed. Returns how many.
 */
export async function supersedeOvertaken(ticketId: string, { db, clock }: LedgerContext): Promise<bigint> {
  const last = await lastAccepted(ticketId, db);
  if (!last) return 0n;
  const reason = sql<SubmissionReason>`CASE state WHEN 'QUEUED' THEN 'NOT_SENT_LATER_UPDATE_ACCEPTED' ELSE 'LATER_UPDATE_ACCEPTED' END`;
  const { numUpdatedRows } = await change(db, "supersede", "SUPERSEDED", { reason, settled_at: clock.sql })
    .where("ticket_id", "=", ticketId)
    .where("requested_status", "is not", null)
    .where(IS_OPEN)
    .where("update_order", "<", last.update_order)
    .where((eb) =>
      eb.or([
        eb("state", "=", "QUEUED"),
        eb("requested_status", "=", last.requested_status),
        eb("settled_at", "<=", clock.after(-MAY_BE_EXECUTED_MS)),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows;
}

/** Makes doubts void that have become old since a later update was accepted. */
export async function supersedeOldDoubts(context: LedgerContext): Promise<void> {
  const { rows: overtaken } = await sql<{ ticket_id: string }>`
    SELECT DISTINCT ticket_id FROM submissions AS doubt
    WHERE state = 'UNCERTAIN' AND requested_status IS NOT NULL AND settled_at <= ${context.clock.after(-MAY_BE_EXECUTED_MS)}
    AND EXISTS (SELECT 1 FROM submissions AS later WHERE later.ticket_id = doubt.ticket_id
      AND later.requested_status IS NOT NULL AND later.state = 'CONFIRMED' AND later.update_order > doubt.update_order)`.execute(
    context.db,
  );
  for (const { ticket_id } of overtaken)
    await withTicket(ticket_id, context, (within) => supersedeOvertaken(ticket_id, within));
}

/** Begins a query about the updates of a ticket, but not the one with the id `except`. */
export function updatesOf(ticketId: string, db: Kysely<Tables>, except?: Uint8Array) {
  return db
    .selectFrom("submissions")
    .where("ticket_id", "=", ticketId)
    .where("requested_status", "is not", null)
    .$if(except !== undefined, (updates) => updates.where("id", "<>", except!));
}
