/** Order of the updates of one ticket, and those that a later one makes void. All of this runs under the lock of the ticket. */
import { sql } from "kysely";
import { NOT_CREATED_AFTER_MINUTES } from "../../tickets/resolve.ts";
import type { SubmissionReason } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { IS_OPEN } from "../database/schema.ts";
import { change } from "./changes.ts";
import type { RowNow } from "./row.ts";
import { withTicket } from "./with-ticket.ts";

/** Distance between two updates in their order. It leaves room for acceptances that come late. */
const STEP = 1000;
/** Age from which a doubt is void when a later update with another status is accepted: until then it may still be executed. */
const MAY_BE_EXECUTED_MS = NOT_CREATED_AFTER_MINUTES * 60_000;

/** Looks at the updates of tickets. Returns what an update of one of them finds there when it is handed in. It does not count itself. */
export async function otherUpdates(ticketIds: readonly string[], { db, clock }: LedgerContext) {
  const updates = sql`FROM submissions WHERE ticket_id IN (${sql.join(ticketIds)}) AND requested_status IS NOT NULL`;
  const { rows: open } = await sql<Pick<RowNow, "id" | "ticket_id" | "state" | "lease_until" | "now">>`
    SELECT id, ticket_id, state, lease_until, ${clock.sql} AS now ${updates} AND ${IS_OPEN}`.execute(db);
  const { rows: orders } = await sql<{ ticket_id: string; last: number | null }>`
    SELECT ticket_id, max(update_order) AS last ${updates} GROUP BY ticket_id`.execute(db);
  return (ticketId: string, self?: Uint8Array) => {
    const others = open.filter((row) => row.ticket_id === ticketId && row.id.toHex() !== self?.toHex());
    const sending = others.find(({ state }) => state === "SENDING");
    const newest = orders.find(({ ticket_id }) => ticket_id === ticketId);
    return {
      isSending: sending !== undefined,
      isQueued: others.some(({ state }) => state === "QUEUED"),
      /** The one that is being sent although its lease is over, and the ledger's time. */
      abandoned: sending && sending.lease_until < sending.now ? sending : null,
      nextOrder: (newest?.last ?? 0) + STEP,
    };
  };
}

/** SQL of a value of the accepted one that was sent last, among the other updates of the ticket of a row of `submissions`. */
function ofLastAccepted(column: "id" | "update_order" | "requested_status" | "settled_at") {
  return sql`(SELECT ${sql.ref(`accepted.${column}`)} FROM submissions AS accepted
    WHERE accepted.ticket_id = submissions.ticket_id AND accepted.requested_status IS NOT NULL
      AND accepted.state = 'CONFIRMED' AND accepted.id <> submissions.id
    ORDER BY accepted.update_order DESC LIMIT 1)`;
}
export const LAST_ACCEPTED_ORDER = ofLastAccepted("update_order");

/** Moves updates directly behind the last accepted ones of their tickets: what they asked for was done last, as far as is known. */
export async function moveBehindAccepted(ids: readonly Uint8Array[], { db, clock }: LedgerContext) {
  // One that came sooner than the last accepted one was recorded late, because the ledger was away. A time ahead is from before a step of the clock.
  const lastAt = ofLastAccepted("settled_at");
  await sql`UPDATE submissions SET update_order = ${LAST_ACCEPTED_ORDER} + 1
    WHERE id IN (${sql.join(ids)}) AND update_order <= ${LAST_ACCEPTED_ORDER}
      AND (settled_at >= ${lastAt} OR ${lastAt} > ${clock.sql})`.execute(db);
}

/**
 * Marks updates that were handed in after the last accepted ones of their tickets, which were delivered, but were sent before them, and had no
 * effect as far as is known. When an operator finds one of them set after all, the delivered one still decides the status.
 */
export async function markSentBefore(delivered: readonly Uint8Array[], { db }: LedgerContext) {
  const ids = sql.join([...delivered]);
  await sql`UPDATE submissions SET holds_ticket = 0
    WHERE ticket_id IN (SELECT ticket_id FROM submissions WHERE id IN (${ids}))
      AND requested_status IS NOT NULL AND state = 'NOT_EXECUTED'
      AND update_order > ${LAST_ACCEPTED_ORDER} AND ${ofLastAccepted("id")} IN (${ids})`.execute(db);
}

/**
 * Makes updates void that were handed in before the last accepted ones of these tickets: queued ones, which were never sent; doubts that asked
 * for the same status; and other doubts when they are so old that they are no longer executed. Returns their rows.
 */
export function supersedeOvertaken(ticketIds: readonly string[], { db, clock }: LedgerContext) {
  const areVoid = sql`ticket_id IN (${sql.join(ticketIds)}) AND requested_status IS NOT NULL AND ${IS_OPEN}
    AND update_order < ${LAST_ACCEPTED_ORDER}
    AND (state = 'QUEUED' OR requested_status = ${ofLastAccepted("requested_status")}
      OR settled_at <= ${clock.after(-MAY_BE_EXECUTED_MS)})`;
  const reason = sql<SubmissionReason>`CASE state WHEN 'QUEUED' THEN 'NOT_SENT_LATER_UPDATE_ACCEPTED' ELSE 'LATER_UPDATE_ACCEPTED' END`;
  return change(db, "supersede", "SUPERSEDED", { reason, settled_at: clock.sql }, areVoid);
}

/** Makes doubts void that have become old since a later update was accepted. */
export async function supersedeOldDoubts(context: LedgerContext): Promise<void> {
  const { rows: overtaken } = await sql<{ ticket_id: string }>`SELECT DISTINCT ticket_id FROM submissions
    WHERE state = 'UNCERTAIN' AND requested_status IS NOT NULL AND update_order < ${LAST_ACCEPTED_ORDER}
      AND settled_at <= ${context.clock.after(-MAY_BE_EXECUTED_MS)}`.execute(context.db);
  for (const { ticket_id } of overtaken)
    await withTicket(ticket_id, context, (within) => supersedeOvertaken([ticket_id], within));
}
