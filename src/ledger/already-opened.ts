/** Creates that keep another create with unlessAlreadyOpened from being sent. */
import { type Kysely, sql } from "kysely";
import type { Reservation } from "../tickets/ports.ts";
import { OPERATIONS, type TicketOperation, numberOf } from "../tickets/request.ts";
import type { TicketReferenceType } from "../tickets/references.ts";
import { hexOf } from "./ids.ts";
import { type NewReservation, keyHashOf, keyOf } from "./reservation.ts";
import type { SubmissionRow, Tables } from "./tables.ts";

type Opened = Extract<Reservation, { kind: "alreadyOpened" }>;

/** Columns and references that hold the number of a create, by operation. */
const NUMBERS: Partial<Record<TicketOperation, { column: keyof SubmissionRow; type: TicketReferenceType }>> =
  {
    CREATE_HELPDESK_TICKET: { column: "helpdesk_ticket_number", type: "HELPDESK_TICKET_NUMBER" },
    CREATE_VOICE_TICKET: { column: "source_ticket_id", type: "SOURCE_TICKET_ID" },
  };

/**
 * Answers the reservations with unlessAlreadyOpened whose number another create has, by reservation id. A create counts while it is
 * confirmed, under way, queued or in doubt; its ticket counts as long as it is kept. The unique index submissions_opened_once
 * decides between two that come at once.
 */
export async function alreadyOpened(
  reservations: readonly NewReservation[],
  db: Kysely<Tables>,
): Promise<Map<string, Opened>> {
  const answers = new Map<string, Opened>();
  const guarded = reservations.filter(({ intent }) => intent.unlessAlreadyOpened);
  for (const [operation, some] of Map.groupBy(guarded, ({ intent }) => intent.request.operation)) {
    const numbers = NUMBERS[operation];
    if (!numbers) continue;
    const opened = await openedWith(new Set(some.map(valueOf)), { operation, ...numbers }, db);
    for (const reservation of some) {
      const hash = keyHashOf(keyOf(reservation.intent));
      const others = opened.filter(({ number, key_hash }) => {
        const isOwn = hash !== null && key_hash !== null && hexOf(hash) === hexOf(key_hash);
        return number === valueOf(reservation) && !isOwn;
      });
      if (others.length === 0) continue;
      const ticketId = others.find(({ ticket_id }) => ticket_id !== null)?.ticket_id ?? null;
      answers.set(reservation.id, { kind: "alreadyOpened", ticketId });
    }
  }
  return answers;
}

function valueOf({ intent }: NewReservation): string {
  return numberOf(intent.request)?.value ?? "";
}

interface OpenedRow {
  number: string;
  ticket_id: string | null;
  key_hash: Uint8Array | null;
}

/** Finds the creates with some numbers that may have opened a ticket, and the tickets of earlier ones. */
async function openedWith(
  values: ReadonlySet<string>,
  {
    operation,
    column,
    type,
  }: { operation: TicketOperation; column: keyof SubmissionRow; type: TicketReferenceType },
  db: Kysely<Tables>,
): Promise<OpenedRow[]> {
  const list = sql.join([...values]);
  const { rows } = await sql<OpenedRow>`
    SELECT ${sql.ref(column)} AS number, ticket_id, key_hash FROM submissions
    WHERE ${sql.ref(column)} IN (${list}) AND operation = ${operation}
      AND state IN ('SENDING', 'CONFIRMED', 'UNCERTAIN', 'QUEUED')
    UNION ALL
    SELECT value AS number, ticket_references.ticket_id, submissions.key_hash FROM ticket_references
    JOIN tickets ON tickets.id = ticket_references.ticket_id
    LEFT JOIN submissions ON submissions.id = tickets.opened_by
    WHERE value IN (${list}) AND type = ${type} AND tickets.kind = ${OPERATIONS[operation].kind}
  `.execute(db);
  return rows;
}
