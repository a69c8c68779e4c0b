/** Queued requests that may be delivered now. */
import { sql } from "kysely";
import { KEY_ID_BYTES } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { rivalsInSql } from "../submissions/rivals.ts";

/** A request that may be delivered, or whose ticket another create has opened. */
export type Deliverable = Pick<SubmissionRow, "id" | "operation" | "ticket_id" | "request" | "attempt"> & {
  /** Ticket that another create has opened for the same complaint. Null: there is none, or it does not count. */
  opened_ticket: string | null;
};

/** Id of the ledger key that sealed a request. */
export const KEY_OF_REQUEST = sql<Uint8Array>`substr(request, 1, ${sql.lit(KEY_ID_BYTES)})`;

/**
 * Condition for an update that may be sent. It waits for one that is being sent, for older queued ones, and for later ones in doubt: their
 * wish counts. One that is too late is never sent, so others do not wait for it.
 */
export function isNext(now: LedgerContext["clock"]["sql"]) {
  return sql<boolean>`(submissions.requested_status IS NULL OR NOT EXISTS (
    SELECT 1 FROM submissions AS other
    WHERE other.ticket_id = submissions.ticket_id AND other.requested_status IS NOT NULL
      AND (other.state = 'SENDING' OR other.state = 'QUEUED' OR other.state = 'UNCERTAIN')
      AND CASE other.state
        WHEN 'SENDING' THEN true
        WHEN 'QUEUED' THEN other.update_order < submissions.update_order AND other.deliver_by > ${now}
        ELSE other.update_order > submissions.update_order END))`;
}

const OPENED = rivalsInSql("(other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL)");
const UNDER_WAY = rivalsInSql("(other.state = 'SENDING' OR other.state = 'UNCERTAIN')");

/**
 * Finds at most `most` requests, oldest first. Those under a ledger key that is not here are left to other replicas. A create with
 * unlessAlreadyOpened waits while another one with its number is being sent or in doubt.
 */
export function deliverables(most: number, { db, cipher, clock }: LedgerContext): Promise<Deliverable[]> {
  const openedTicket = sql<string | null>`CASE WHEN opens_once = 1
    THEN (SELECT coalesce(other.ticket_id, other.conflicting_ticket_id) ${OPENED} LIMIT 1) END`;
  return db
    .selectFrom("submissions")
    .where("deliver_by", "is not", null)
    .where("state", "=", "QUEUED")
    .orderBy("handed_in_at")
    .orderBy("not_before")
    .orderBy("id")
    .select(["id", "operation", "ticket_id", "request", "attempt", openedTicket.as("opened_ticket")])
    .where("not_before", "<=", clock.sql)
    .where("deliver_by", ">", clock.sql)
    .where(KEY_OF_REQUEST, "in", [...cipher.idBytes])
    .where(isNext(clock.sql))
    .where(
      sql<boolean>`(opens_once = 0 OR EXISTS (SELECT 1 ${OPENED}) OR NOT EXISTS (SELECT 1 ${UNDER_WAY}))`,
    )
    .limit(most)
    .execute();
}
