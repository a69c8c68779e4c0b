/** Updates of a ticket that are void because another one was accepted. */
import { type Transaction, sql } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerContext } from "../context.ts";
import type { Recorded, TimedEnding } from "./outcomes.ts";
import type { Tables } from "../database/tables.ts";

/**
 * Makes those of these queued updates void after which another one of their ticket was sent and accepted. Their tickets are locked.
 * Returns their ids, with the time of this.
 */
export async function supersedeOvertaken(
  ids: readonly Uint8Array[],
  transaction: Transaction<Tables>,
  { clock }: Pick<LedgerContext, "clock">,
): Promise<{ id: Uint8Array; settled_at: number }[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: Uint8Array; settled_at: number }>`
    UPDATE submissions SET state = 'SUPERSEDED', reason = 'LATER_UPDATE_ACCEPTED', settled_at = ${clock.sql}, deliver_by = NULL
    WHERE id IN (${sql.join([...ids])}) AND state = 'QUEUED' AND EXISTS (SELECT 1 FROM submissions AS later
      WHERE later.ticket_id = submissions.ticket_id AND later.state = 'CONFIRMED'
        AND later.reservation_order > submissions.reservation_order)
    RETURNING id, settled_at`.execute(transaction);
  return rows;
}

/** An accepted update: its ticket, and its orders when it was sent and when it was handed in. */
const ACCEPTED_COLUMNS = { ticket_id: "text", sent: "bigint", handed_in: "bigint" } as const;
type AcceptedRow = { ticket_id: string; sent: number; handed_in: number };

/**
 * Makes updates of a ticket void when a later one is accepted: those in doubt that were sent before it, and those queued that were
 * handed in before it. The ticket is locked, so no queued one escapes: an update that goes into the queue later sees this one.
 */
export function superseding(
  context: Pick<LedgerContext, "db" | "clock" | "repeatsStatements">,
): (
  endings: readonly TimedEnding[],
  settled: readonly Settled[],
  recorded: ReadonlyMap<string, Recorded>,
  transaction: Transaction<Tables>,
) => Promise<void> {
  const columns = Object.keys(ACCEPTED_COLUMNS) as (keyof AcceptedRow)[];
  const supersede = batch<AcceptedRow, never>(
    context,
    columns,
    (values) => sql`
    WITH accepted (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET state = 'SUPERSEDED', reason = 'LATER_UPDATE_ACCEPTED', settled_at = ${context.clock.sql}, deliver_by = NULL
    FROM accepted
    WHERE submissions.ticket_id = accepted.ticket_id
      AND ((submissions.state = 'UNCERTAIN' AND submissions.reservation_order < accepted.sent)
        OR (submissions.state = 'QUEUED' AND EXISTS (SELECT 1 FROM queued_requests
          WHERE submission_id = submissions.id AND handed_in_order < accepted.handed_in)))`,
    { types: ACCEPTED_COLUMNS },
  );
  return async (endings, settled, recorded, transaction) => {
    const accepted = settled.flatMap(({ submission: { id, state, ticketId } }, nth): AcceptedRow[] => {
      const sent = recorded.get(id)?.reservation_order ?? null;
      if (sent === null || ticketId === null || state !== "CONFIRMED") return [];
      return [{ ticket_id: ticketId, sent, handed_in: endings[nth]?.requeue?.place?.order ?? sent }];
    });
    await supersede(accepted, transaction);
  };
}
