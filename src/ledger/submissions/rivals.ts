/** Creates that keep another create with unlessAlreadyOpened from being sent, because they have its number. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { OPERATIONS, numberOf } from "../../tickets/operations.ts";
import type { Rival } from "../../tickets/reservation.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { hexOf } from "../ids.ts";
import type { NewReservation } from "./reservation.ts";
import { REFERENCE_COLUMNS } from "./row.ts";

/** Condition for rows that may have opened the ticket of a complaint, or that Sociomile answered with one. */
const MAY_BE_OPENED = `(state = 'SENDING' OR state = 'CONFIRMED' OR state = 'UNCERTAIN' OR state = 'QUEUED'
  OR conflicting_ticket_id IS NOT NULL)`;

/** Column with the number of an operation's creates; null for an update. */
function numberColumn(operation: TicketOperation): keyof SubmissionRow | null {
  const field = OPERATIONS[operation].number;
  return field && REFERENCE_COLUMNS[field];
}

/** Finds the creates with the number of each reservation with unlessAlreadyOpened, but that under its own key. */
export async function rivalsOf(
  reservations: readonly NewReservation[],
  db: Kysely<Tables>,
): Promise<Map<NewReservation, Rival[]>> {
  const found = new Map<NewReservation, Rival[]>();
  const conditional = reservations.filter(({ intent }) => intent.unlessAlreadyOpened);
  for (const [operation, some] of Map.groupBy(conditional, ({ intent }) => intent.request.operation)) {
    const column = numberColumn(operation);
    if (!column) continue;
    const numbers = new Set(some.flatMap(({ intent }) => numberOf(intent.request)?.value ?? []));
    const rows = await db
      .selectFrom("submissions")
      .select([column, "state", "ticket_id", "conflicting_ticket_id", "key_hash"])
      .where(column, "in", [...numbers])
      .where("operation", "=", operation)
      .where(sql<boolean>`${sql.raw(MAY_BE_OPENED)}`)
      .execute();
    for (const reservation of some) {
      const { keyHash, intent } = reservation;
      const number = numberOf(intent.request)?.value;
      const others = rows.filter(
        (row) =>
          row[column] === number && !(keyHash && row.key_hash && hexOf(keyHash) === hexOf(row.key_hash)),
      );
      found.set(
        reservation,
        others.map((row) => ({ state: row.state, ticketId: row.ticket_id ?? row.conflicting_ticket_id })),
      );
    }
  }
  return found;
}

/** SQL after SELECT: other creates with the number of a row of `submissions` that are in one of these states. */
export function rivalsInSql(states: string): RawBuilder<unknown> {
  return sql.raw(`FROM submissions AS other WHERE other.operation = submissions.operation AND other.id <> submissions.id
    AND (other.helpdesk_ticket_number = submissions.helpdesk_ticket_number OR other.source_ticket_id = submissions.source_ticket_id)
    AND ${states}`);
}
