/** Updates of a ticket that are void because another one was accepted. */
import { type Transaction, sql } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import type { Recorded, TimedEnding } from "./missed-outcomes.ts";
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

/**
 * Makes updates of a ticket void when a later one is accepted: those in doubt that were sent before it, and those queued that were
 * handed in before it. The ticket is locked, so no queued one escapes: an update that goes into the queue later sees this one.
 */
export async function supersede(
  endings: readonly TimedEnding[],
  settled: readonly Settled[],
  recorded: ReadonlyMap<string, Recorded>,
  transaction: Transaction<Tables>,
  { clock }: Pick<LedgerContext, "clock">,
): Promise<void> {
  for (const [nth, { submission }] of settled.entries()) {
    const sent = recorded.get(submission.id)?.reservation_order ?? null;
    if (sent === null || submission.state !== "CONFIRMED") continue;
    const handedIn = endings[nth]?.requeue?.place?.order ?? sent;
    await transaction
      .updateTable("submissions")
      .set({
        state: "SUPERSEDED",
        reason: "LATER_UPDATE_ACCEPTED",
        settled_at: clock.sql,
        deliver_by: null,
      })
      .where("ticket_id", "=", submission.ticketId)
      .where((eb) =>
        eb.or([
          eb("state", "=", "UNCERTAIN").and("reservation_order", "<", sent),
          eb("state", "=", "QUEUED").and(
            "id",
            "in",
            eb.selectFrom("queued_requests").select("submission_id").where("handed_in_order", "<", handedIn),
          ),
        ]),
      )
      .execute();
  }
}
