/** Tickets as they are known, from the row of their create, Sociomile's report, and accepted updates; and their histories. */
import { setImmediate } from "node:timers/promises";
import { sql } from "kysely";
import { type SubmittedDetails, shownDetailsOf } from "../../tickets/request.ts";
import type { HistoryPage } from "../../tickets/ports.ts";
import { bareTicket } from "../../tickets/decisions.ts";
import type { Submission } from "../../tickets/submission.ts";
import { type Instant, type Ticket, type TicketStatus, type TicketUpdate, statusOf } from "../../tickets/ticket.ts";
import { type LedgerCipher, openReport, openSubmitted } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_OPENED_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { AFTER_IDS, BEFORE_IDS, bytesOf, textOf } from "../clock.ts";
import { columnsSql, REFERENCE_COLUMNS, fieldsIn, readRows, submissionOf } from "../submissions/row.ts";

const { ticketId: _ticketId, bsgTicketId: _bsgTicketId, ...REFERENCES_OF_CREATE } = REFERENCE_COLUMNS;
const OF_CREATE = [
  ...(["operation", "reason", "sent_at", "settled_at", "ticket_number"] as const),
  ...Object.values(REFERENCES_OF_CREATE),
];

/** Everything that is known about one ticket id. Columns of the create are null when none has opened it, and so on. */
type KnownTicket = { ticket_id: string } & Nullable<
  Pick<SubmissionRow, (typeof OF_CREATE)[number] | "bsg_ticket_id"> &
    Record<"create_id" | "report" | "submitted", Uint8Array> &
    Record<"reported_nth" | "observed_at" | "accepted_at", number> & {
      /** State, status, position and time of sending of the last accepted update, and of each that is being sent or in doubt. */
      updates: string;
    }
>;
type Nullable<Row> = { [Column in keyof Row]: Row[Column] | null };

/** Reads tickets, in the order of the ids; null: unknown. The create gives the time of opening if Sociomile reported none. */
export function readTickets(ids: readonly string[], context: LedgerContext) {
  return readKnown(ids, context, (row) => ticketFrom(row, context.cipher));
}

export function readSubmitted(ids: readonly string[], context: LedgerContext) {
  return readKnown(ids, context, (row) => submittedIn(row, row.create_id, row.submitted, context.cipher));
}

export async function readSubmittedBy(ids: readonly string[], context: LedgerContext) {
  const rows = await readRows(ids, sql`details, ${columnsSql(context)}`, context.db);
  return rows.map((row) => row && submittedIn(row, row.id, row.details, context.cipher));
}

/** Most bytes of details that one statement reads. PostgreSQL sends each as two digits. */
const BYTES_AT_ONCE = 1024 * 1024;

const BYTES_SQL = sql`coalesce(sum(coalesce(octet_length(tickets.details), 0) + coalesce(octet_length(created.details), 0))
  OVER (ROWS UNBOUNDED PRECEDING), 0)`;

/** Reads what is known about tickets, and maps it, in the order of the ids. Too many details need several turns. */
async function readKnown<Made>(
  ids: readonly string[],
  { db }: LedgerContext,
  make: (row: KnownTicket) => Made,
): Promise<(Made | null)[]> {
  const known = new Map<string, Made>();
  // PostgreSQL refuses zero bytes and lone surrogates. Callers ask for any text.
  let left = [...new Set(ids)].filter((id) => !id.includes("\0") && id.isWellFormed());
  while (left.length > 0) {
    const wanted = left.map((id) => sql`(cast(${id} as text))`);
    const { rows } = await sql<
      KnownTicket & { bytes: number | string }
    >`WITH wanted (ticket_id) AS (VALUES ${sql.join(wanted)}),
        ${FOUND_SQL} SELECT ${COLUMNS_SQL}, ${BYTES_SQL} AS bytes,
        CASE WHEN ${BYTES_SQL} <= ${BYTES_AT_ONCE} THEN tickets.details END AS report,
        CASE WHEN ${BYTES_SQL} <= ${BYTES_AT_ONCE} THEN created.details END AS submitted ${FROM_FOUND_SQL}`.execute(db);
    const { read = [], later = [] } = Object.groupBy(rows, ({ bytes }) =>
      Number(bytes) <= BYTES_AT_ONCE ? "read" : "later",
    );
    for (const row of read) known.set(row.ticket_id, make(row));
    left = later.map((row) => row.ticket_id);
    if (left.length > 0) await setImmediate();
  }
  return ids.map((id) => known.get(id) ?? null);
}

/** Writes what the status of a ticket depends on into one text for each update. */
const updateSql = (name: string) =>
  sql.raw(
    `${name}.state || ' ' || ${name}.requested_status || ' ' || coalesce(${name}.nth, 0) || ' ' || ${name}.sent_at`,
  );

/** Finds the rows by subqueries. For joins PostgreSQL reads whole indexes while it has no statistics. */
const FOUND_SQL = sql`found AS MATERIALIZED (SELECT ticket_id,
  coalesce(
    (SELECT id FROM submissions WHERE ticket_id = wanted.ticket_id AND ${HAS_OPENED_SQL} AND forgotten_at IS NULL),
    (SELECT id FROM submissions WHERE conflicting_ticket_id = wanted.ticket_id AND forgotten_at IS NULL)) AS create_id,
  (SELECT id FROM submissions WHERE ticket_id = wanted.ticket_id AND ${IS_UPDATE_SQL}
    AND state = 'CONFIRMED' ORDER BY nth DESC LIMIT 1) AS accepted_id,
  (SELECT string_agg(${updateSql("submissions")}, ',') FROM submissions
    WHERE ticket_id = wanted.ticket_id AND ${IS_UPDATE_SQL} AND state IN ('SENDING', 'UNCERTAIN')) AS open_updates
  FROM wanted)`;
const FROM_FOUND_SQL = sql.raw(`FROM found
  LEFT JOIN submissions AS created ON created.id = create_id
  LEFT JOIN submissions AS accepted ON accepted.id = accepted_id AND accepted.forgotten_at IS NULL
  LEFT JOIN tickets ON tickets.id = found.ticket_id`);
const COLUMNS_SQL = sql`found.ticket_id, create_id, ${sql.raw(OF_CREATE.map((name) => `created.${name}`).join(", "))},
    tickets.reported_nth, tickets.observed_at, accepted.settled_at AS accepted_at, accepted.bsg_ticket_id,
    concat_ws(',', ${updateSql("accepted")}, open_updates) AS updates`;

function ticketFrom(row: KnownTicket, cipher: LedgerCipher): Ticket | null {
  const at = row.observed_at ?? row.settled_at ?? row.accepted_at;
  if (at === null) return null;
  const { report, reported_nth: nth } = row;
  const reported = nth === null ? null : openReport(report!, row.ticket_id, cipher);
  const submitted = reported?.createdAt ? null : submittedIn(row, row.create_id, row.submitted, cipher);
  const details = nth === null ? shownDetailsOf(submitted) : reported;
  const { status = null, statusLabel = null } = reported ?? {};
  const facts = { id: row.ticket_id, number: row.ticket_number, observedAt: { epochMilliseconds: at } };
  return {
    ...bareTicket(row.operation, fieldsIn(REFERENCE_COLUMNS, row), facts),
    sourceTicketId: row.source_ticket_id,
    maskedTicketId: row.masked_ticket_id,
    ...details,
    createdAt: reported?.createdAt ?? submitted?.createdAt ?? acceptedAt(row),
    ...statusOf(updatesIn(row), reported && { status, statusLabel, nth: nth! }),
    detailsFrom: reported ? "REPORTED" : details && "SUBMITTED",
  };
}

/** Returns the time when Sociomile accepted a create; if nobody saw that, the time of its sending. Null: it is no create. */
function acceptedAt({ reason, settled_at, sent_at }: KnownTicket): Instant | null {
  const at = reason === "ACCEPTED_BY_SOCIOMILE" ? settled_at : sent_at;
  return at === null ? null : { epochMilliseconds: at };
}

function updatesIn({ updates }: KnownTicket): TicketUpdate[] {
  const texts = updates ? updates.split(",") : [];
  return texts.map((text) => {
    const [state, status, nth, sentAt] = text.split(" ") as [TicketUpdate["state"], TicketStatus, string, string];
    return { state, status, nth: state === "SENDING" ? null : Number(nth), sentAt: Number(sentAt) };
  });
}

/** Decrypts what the create with `id` submitted, and completes it with what has columns. */
function submittedIn(
  row: Pick<SubmissionRow, (typeof REFERENCE_COLUMNS)[keyof typeof REFERENCE_COLUMNS]>,
  id: Uint8Array | null,
  sealed: Uint8Array | null,
  cipher: LedgerCipher,
): SubmittedDetails | null {
  const details = id && sealed && openSubmitted(sealed, textOf(id), cipher);
  return details && ({ ...details, ...fieldsIn(REFERENCE_COLUMNS, row) } as SubmittedDetails);
}

/** Reads pages, those of one size by one statement, and only the updates of the page. SQLite keeps the order of a CROSS JOIN. */
export async function listHistories(pages: readonly HistoryPage[], { db, clock }: LedgerContext) {
  const histories: Submission[][] = pages.map(() => []);
  const ofUpdates = sql`ticket_id = of_ticket AND ${IS_UPDATE_SQL} AND id < before`;
  for (const [first, ofSize] of Map.groupBy(pages.keys(), (nth) => pages[nth]!.first)) {
    const wanted = ofSize.map((nth) => {
      const { ticketId, after } = pages[nth]!;
      const before = after === null ? AFTER_IDS : bytesOf(after);
      return sql`(${sql.lit(nth)}, cast(${ticketId} as text), cast(${before} as blob))`;
    });
    const { rows } = await sql<SubmissionRow & { page: number }>`
      WITH wanted (page, of_ticket, before) AS (VALUES ${sql.join(wanted)}),
      bounded AS MATERIALIZED (SELECT wanted.*, coalesce((SELECT id FROM submissions WHERE ${ofUpdates}
        ORDER BY id DESC LIMIT 1 OFFSET ${sql.lit(first)}), cast(${BEFORE_IDS} as blob)) AS oldest FROM wanted),
      history AS (SELECT page, id FROM bounded CROSS JOIN submissions WHERE ${ofUpdates} AND id >= oldest
        UNION SELECT page, id FROM bounded CROSS JOIN submissions
          WHERE ticket_id = of_ticket AND ${HAS_OPENED_SQL} AND id < before
        UNION SELECT page, id FROM bounded CROSS JOIN submissions WHERE conflicting_ticket_id = of_ticket AND id < before),
      newest AS (SELECT page, id, row_number() OVER (PARTITION BY page ORDER BY id DESC) AS position FROM history)
      SELECT page, ${columnsSql({ clock })} FROM newest JOIN submissions ON submissions.id = newest.id
      WHERE position <= ${sql.lit(first + 1)} ORDER BY page, position`.execute(db);
    for (const row of rows) histories[row.page]!.push(submissionOf(row));
    await setImmediate();
  }
  return histories;
}
