/** Creates that keep another create with unlessAlreadyOpened from being sent. */
import { type Kysely, type Selectable, sql } from "kysely";
import type { Reservation } from "../../tickets/ports.ts";
import { type TicketOperation, numberOf } from "../../tickets/request.ts";
import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { SubmissionState } from "../../tickets/submission.ts";
import { hexOf, textOf } from "../ids.ts";
import { type NewReservation, keyHashOf, keyOf } from "./reservation.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";

type AlreadyOpened = Extract<Reservation, { kind: "alreadyOpened" }>;

/** Places in the ledger that hold the number of a create: a column of submissions, and a type of reference. */
interface NumberPlaces {
  column: "helpdesk_ticket_number" | "source_ticket_id";
  type: TicketReferenceType;
}
const NUMBER_PLACES: Readonly<Record<TicketOperation, NumberPlaces | null>> = {
  CREATE_HELPDESK_TICKET: { column: "helpdesk_ticket_number", type: "HELPDESK_TICKET_NUMBER" },
  CREATE_VOICE_TICKET: { column: "source_ticket_id", type: "SOURCE_TICKET_ID" },
  UPDATE_TICKET_STATUS: null,
};

/**
 * Finds the reservations with unlessAlreadyOpened that must be refused, because another create has the same number. Returns the
 * refusals by reservation id. Another create counts while it is confirmed, under way, queued or in doubt; its ticket counts as
 * long as it is kept, but not by an id that only Sociomile reported. The unique index submissions_opened_once decides between two that come at once. The create under the
 * reservation's own key counts only when its ticket came to light after an operator's NOT_CREATED.
 */
export async function alreadyOpened(
  reservations: readonly NewReservation[],
  db: Kysely<Tables>,
): Promise<Map<string, AlreadyOpened>> {
  const refusals = new Map<string, AlreadyOpened>();
  const conditional = reservations.filter(({ intent }) => intent.unlessAlreadyOpened);
  const byOperation = Map.groupBy(conditional, ({ intent }) => intent.request.operation);
  for (const [operation, ofOperation] of byOperation) {
    const places = NUMBER_PLACES[operation];
    if (!places) continue;
    const opened = await createsWith(new Set(ofOperation.map(numberIn)), operation, places, db);
    for (const reservation of ofOperation) {
      const hash = keyHashOf(keyOf(reservation.intent));
      const others = opened.filter(({ number, key_hash }) => {
        const isOwn = hash !== null && key_hash !== null && hexOf(hash) === hexOf(key_hash);
        return number === numberIn(reservation) && !isOwn;
      });
      if (others.length === 0) continue;
      const ticketId = others.find(({ ticket_id }) => ticket_id !== null)?.ticket_id ?? null;
      refusals.set(reservation.id, { kind: "alreadyOpened", ticketId });
    }
  }
  return refusals;
}

function numberIn({ intent }: NewReservation): string {
  return numberOf(intent.request)?.value ?? "";
}

/** A queued create with unlessAlreadyOpened. */
export type QueuedCreate = Pick<Selectable<SubmissionRow>, "id" | "operation" | NumberPlaces["column"]>;

/** Another create that keeps a queued one from being sent. */
export interface OtherCreate {
  /** True: the other one is being sent or in doubt, so nobody knows yet whether it opens the ticket. */
  isUnderWay: boolean;
  /** Null: not known. */
  ticketId: string | null;
}

/**
 * Finds the queued creates with unlessAlreadyOpened that must not be sent now, because another create has the same number and came first
 * to Sociomile. One that is queued itself does not count: it was handed in later. Returns the others by the id of the queued one.
 */
export async function openedMeanwhile(
  creates: readonly QueuedCreate[],
  db: Kysely<Tables>,
): Promise<Map<string, OtherCreate>> {
  const found = new Map<string, OtherCreate>();
  for (const [operation, ofOperation] of Map.groupBy(creates, (create) => create.operation)) {
    const places = NUMBER_PLACES[operation];
    if (!places) continue;
    const numberOfRow = (create: QueuedCreate) => create[places.column] ?? "";
    const opened = await createsWith(new Set(ofOperation.map(numberOfRow)), operation, places, db);
    for (const create of ofOperation) {
      const others = opened.filter(
        ({ number, state }) => number === numberOfRow(create) && state !== "QUEUED",
      );
      if (others.length === 0) continue;
      const ticketId = others.find(({ ticket_id }) => ticket_id !== null)?.ticket_id ?? null;
      found.set(textOf(create.id), {
        ticketId,
        isUnderWay: others.every(({ state }) => state !== "CONFIRMED"),
      });
    }
  }
  return found;
}

interface CreateRow {
  number: string;
  state: SubmissionState;
  ticket_id: string | null;
  key_hash: Uint8Array | null;
}

/** Finds the creates with one of these numbers that may have opened a ticket. Also finds tickets whose create is no longer kept. */
async function createsWith(
  numbers: ReadonlySet<string>,
  operation: TicketOperation,
  { column, type }: NumberPlaces,
  db: Kysely<Tables>,
): Promise<CreateRow[]> {
  const list = sql.join([...numbers]);
  const { rows } = await sql<CreateRow>`
    SELECT ${sql.ref(column)} AS number, state, ticket_id, key_hash FROM submissions
    WHERE ${sql.ref(column)} IN (${list}) AND operation = ${operation}
      AND state IN ('SENDING', 'CONFIRMED', 'UNCERTAIN', 'QUEUED')
    UNION ALL
    SELECT value AS number, 'CONFIRMED' AS state, ticket_references.ticket_id, submissions.key_hash FROM ticket_references
    JOIN tickets ON tickets.id = ticket_references.ticket_id
    LEFT JOIN submissions ON submissions.id = tickets.opened_by AND submissions.state <> 'NOT_EXECUTED'
    WHERE value IN (${list}) AND type = ${type} AND submitted = 1
  `.execute(db);
  return rows;
}
