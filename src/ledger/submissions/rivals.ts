/** Creates that keep another create with unlessAlreadyOpened from being sent, because they have its number. */
import { type RawBuilder, sql } from "kysely";
import { OPERATIONS, numberOf } from "../../tickets/operations.ts";
import type { OpenedAlready } from "../../tickets/ports.ts";
import { openedBy } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import type { NewReservation } from "./reservation.ts";
import { REFERENCE_COLUMNS } from "./row.ts";

/** Condition for rows that may have opened the ticket of a complaint, or that Sociomile answered with one. */
const MAY_BE_OPENED = `(state = 'SENDING' OR state = 'CONFIRMED' OR state = 'UNCERTAIN' OR state = 'QUEUED'
  OR conflicting_ticket_id IS NOT NULL)`;

/** Finds the reservations with unlessAlreadyOpened whose number another create has, and the ticket of that. */
export async function rivalsOf<Some extends NewReservation>(
  reservations: readonly Some[],
  { db }: LedgerContext,
): Promise<Map<Some, OpenedAlready>> {
  const found = new Map<Some, OpenedAlready>();
  const conditional = reservations.filter(({ intent }) => intent.unlessAlreadyOpened);
  for (const [operation, some] of Map.groupBy(conditional, ({ intent }) => intent.request.operation)) {
    const field = OPERATIONS[operation].number;
    if (!field) continue;
    const column = REFERENCE_COLUMNS[field];
    const numbers = new Set(some.flatMap(({ intent }) => numberOf(intent.request)?.value ?? []));
    const rows = await db
      .selectFrom("submissions")
      .select([column, "key_hash", "client_id as ownerId"])
      .select(({ fn }) => fn.coalesce("ticket_id", "conflicting_ticket_id").as("ticketId"))
      .where(column, "in", [...numbers])
      .where("operation", "=", operation)
      .where(sql<boolean>`${sql.raw(MAY_BE_OPENED)}`)
      .execute();
    for (const reservation of some) {
      const { keyHash, intent } = reservation;
      const number = numberOf(intent.request)?.value;
      const others = rows.filter(
        (row) => row[column] === number && !(keyHash && row.key_hash?.toHex() === keyHash.toHex()),
      );
      const opened = openedBy(others.map(({ ticketId, ownerId }) => ({ ticketId, ownerId })));
      if (opened) found.set(reservation, opened);
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
