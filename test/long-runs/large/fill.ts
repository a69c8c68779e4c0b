/** A large ledger as years of work leave it. Every row is a copy of one that the ledger wrote itself, with an id, numbers and sealed texts of its own. */
import { randomBytes } from "node:crypto";
import { Kysely, sql } from "kysely";
import { COLUMN_TYPES, type SubmissionRow, TIMES, type Tables } from "../../../src/ledger/database/tables.ts";
import { textOf, timeIn } from "../../../src/ledger/clock.ts";
import { cipherOf, engineAt } from "../../../src/ledger/open.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import { NO_DETAILS } from "../../../src/tickets/ticket.ts";
import { HELPDESK, VOICE, intentOf, judgedAs, queuedBy, settledAs, updateOf } from "../../support/intents.ts";
import { type LedgerPlace, LEDGER_KEY } from "../../support/ledgers.ts";
import { openAt } from "../../support/opened.ts";
import { REJECTED, NOT_EXECUTED, UNKNOWN, accepted } from "../../support/outcomes.ts";
import { newIdAt, personOf } from "../../support/fill.ts";
import type { Tell } from "../watched.ts";
import { sealRequest, sealSubmitted, sealedText } from "../../../src/ledger/cipher.ts";

const DAY_MS = 86_400_000;
export const SPREAD_DAYS = 400;
/** Largest number of newest submissions among which are those in the queue, and their largest share of all. */
const NEWEST = { most: 1200, share: 1 / 40 };
/** Time until the next try of what is queued, in milliseconds. It is not delivered during the run, and within the longest pause that there is. */
const LATER_MS = 3_300_000;
const A_STATEMENT = 2000;
/** Creates between two tickets of one customer, and between two updates of the busiest ticket. */
const OF_CUSTOMER = 40_000;
const OF_BUSIEST = 2500;
export const BUSIEST_TICKET = "ticket-busiest";

type Kind =
  | "helpdesk"
  | "voice"
  | "update"
  | "rejected"
  | "notExecuted"
  | "doubt"
  | "queued"
  | "created"
  | "queuedLong"
  | "doubtedUpdate";

/** A ticket, and a number, that very many submissions have. */
export const CROWDED_TICKET = "ticket-crowded";
export const CROWDED_NUMBER = "900000000";
/** Crowds of one ticket, one number and the queue: their kind, how many in a ledger of so many submissions or more, and the columns that all have. */
const WHOLE_CROWDS = 300_000;
const CROWDS: readonly (readonly [Kind, number, Partial<SubmissionRow>])[] = [
  ["update", 10_000, { ticket_id: CROWDED_TICKET }],
  ["doubtedUpdate", 100, { ticket_id: CROWDED_TICKET }],
  ["notExecuted", 50_000, { helpdesk_ticket_number: CROWDED_NUMBER }],
  ["queuedLong", 1000, {}],
];

/** Kind of the nth submission, of `age` in milliseconds: what ended without a ticket leaves after 30 days, and the queue is of the last ones. */
function kindOf(nth: number, age: number, isNewest: boolean): Kind {
  if (nth % 10_000 === 77) return "doubt";
  if (nth % 1000 === 78) return "created"; // by a verdict
  const of100 = nth % 100;
  if (of100 < 8 && isNewest) return "queued";
  if (of100 < 10 && age < 30 * DAY_MS) return of100 < 5 ? "rejected" : "notExecuted";
  return of100 < 30 ? "update" : of100 < 50 ? "voice" : "helpdesk";
}

async function templatesOf(place: LedgerPlace, db: Kysely<Tables>): Promise<Record<Kind, SubmissionRow>> {
  await using opened = await openAt(place);
  const { ledger } = opened;
  const settled = async (
    request: TicketRequest,
    outcome = accepted(`of-template-${request.operation}`, null, "4711"),
  ) => (await settledAs(ledger, intentOf(randomBytes(8).toHex(), request), outcome)).submission;
  const created = await settled(HELPDESK, UNKNOWN);
  await judgedAs(ledger, created, { verdict: "CREATED", ticketId: "of-template" });
  const submissions = {
    helpdesk: await settled(HELPDESK),
    voice: await settled(VOICE),
    update: await settled(updateOf(BUSIEST_TICKET), accepted(BUSIEST_TICKET)),
    rejected: await settled(HELPDESK, REJECTED),
    notExecuted: await settled(HELPDESK, NOT_EXECUTED),
    doubt: await settled(HELPDESK, UNKNOWN),
    queued: await queuedBy(ledger, intentOf("queued", HELPDESK)),
    queuedLong: await queuedBy(ledger, intentOf("queuedLong", HELPDESK)),
    doubtedUpdate: await settled(updateOf(BUSIEST_TICKET), UNKNOWN),
    created,
  };
  const rows = await db.selectFrom("submissions").selectAll().execute();
  const rowOf = ({ id }: { id: string }) => rows.find((row) => textOf(row.id) === id)!;
  return Object.fromEntries(
    Object.entries(submissions).map(([kind, submission]) => [kind, rowOf(submission)]),
  ) as Record<Kind, SubmissionRow>;
}

/** Number of the create whose ticket an update concerns: one of the last days before it. */
const createBefore = (nth: number) => {
  const before = Math.max(60, nth - 100 * (1 + (nth % 37)));
  return before - (before % 100) + 60 + (nth % 40);
};
const ticketOf = (nth: number) => `ticket-${String(nth).padStart(17, "0")}`;

/** Fills a new ledger with submissions of 400 days, and with reports about the tickets that were updated. */
export async function fillLarge(place: LedgerPlace, submissions: number, tell: Tell): Promise<void> {
  const engine = await engineAt(place.url);
  await using db = new Kysely<Tables>({ dialect: engine.dialect(600_000, "make") });
  const templates = await templatesOf(place, db);
  const cipher = await cipherOf(db, [LEDGER_KEY]);
  const columns = [...COLUMN_TYPES.keys()];
  const insertRow = engine.rowWriters(db)({
    columns,
    steps: [],
    order: () => "",
    text: (
      value,
      from,
    ) => `INSERT INTO submissions (${columns.join(", ")}) SELECT ${columns.map(value).join(", ")} ${from}
      WHERE true ON CONFLICT DO NOTHING ${engine.isInProcess ? "" : "RETURNING id"}`,
  });
  const insert = (rows: readonly SubmissionRow[]) => Promise.all(rows.map((row) => insertRow({ ...row })));
  const now = Date.now();
  const newest = Math.min(NEWEST.most, submissions * NEWEST.share);
  const reported = new Set<string>();

  const timeOf = (nth: number) => now - SPREAD_DAYS * DAY_MS + Math.floor((nth * SPREAD_DAYS * DAY_MS) / submissions);
  const kindAt = (nth: number) => kindOf(nth, now - timeOf(nth), submissions - nth <= newest);
  const rowOf = (nth: number, kind = kindAt(nth)): SubmissionRow => {
    const createdAt = timeOf(nth);
    const template = templates[kind];
    const random = randomBytes(48);
    const id = newIdAt(createdAt);
    const isUpdate = kind === "update";
    const isOfBusiest = isUpdate && nth % OF_BUSIEST < 100;
    const ticketId = isOfBusiest ? BUSIEST_TICKET : ticketOf(isUpdate ? createBefore(nth) : nth);
    if (isUpdate) reported.add(ticketId);
    const person = personOf(nth, nth % OF_CUSTOMER === 99);
    const long = kind === "queuedLong" && { content: "x".repeat(100_000) };
    const base = kind === "voice" ? VOICE : HELPDESK;
    const request = { ...base, details: { ...base.details, ...person, ...long } } as TicketRequest;
    const shifted = ([...TIMES, "changed_at"] as const).map((column) => {
      const time = template[column];
      return [column, time === null ? null : time - timeIn(template.id) + createdAt];
    });
    const number = String(nth);
    return {
      ...template,
      ...(Object.fromEntries(shifted) as object),
      id,
      client_id: `client-${nth % 7}`,
      key_hash: isUpdate && nth % 2 === 0 ? null : random.subarray(0, 16),
      fingerprint: random.subarray(16),
      not_before: template.not_before && now + LATER_MS,
      reservation_id: id,
      ticket_id: template.ticket_id && ticketId,
      ticket_number: template.ticket_number && number,
      bsg_ticket_id: template.bsg_ticket_id && `bsg-${ticketId}`,
      helpdesk_ticket_number: template.helpdesk_ticket_number && number,
      branch_complaint_number: template.branch_complaint_number && number,
      source_ticket_id: template.source_ticket_id && `s-${number}`,
      masked_ticket_id: template.masked_ticket_id && `m-${number}`,
      branch_code: template.branch_code && String(nth % 120).padStart(3, "0"),
      nth: template.nth && nth,
      details: template.details && sealSubmitted(request, textOf(id), cipher),
      request: template.request && sealRequest(request, textOf(id), cipher),
    };
  };

  const indexes = await withoutIndexes(db, engine.name);
  for (let from = 0; from < submissions; from += A_STATEMENT) {
    const rows = Array.from({ length: Math.min(A_STATEMENT, submissions - from) }, (_, nth) => rowOf(from + nth));
    await insert(rows);
    tell(`${from + rows.length} submissions`, (from + rows.length) / submissions);
  }
  for (const [kind, most, common] of CROWDS) {
    const rows = Array.from({ length: Math.ceil(most * Math.min(1, submissions / WHOLE_CROWDS)) }, (_, nth) => ({
      ...rowOf(submissions - 1 - (nth % Math.floor(newest)), kind),
      ...common,
    }));
    while (rows.length > 0) await insert(rows.splice(0, A_STATEMENT));
  }
  tell("Making the indexes");
  for (const index of indexes) await sql.raw(index).execute(db);
  await fillReports([...reported], now, db);
  await sql`INSERT INTO actions (kind, client, person, at, note, verdict, ticket_id)
    SELECT 'VERDICT', 'operator', 'Rina', settled_at, 'looked', 'CREATED', ticket_id
    FROM submissions WHERE reason = 'CREATED_SAYS_OPERATOR'`.execute(db);
  const parts = ["1, 8", "9, 4", "13, 4", "17, 4", "21"].map((part) => `substr(lower(hex(id)), ${part})`);
  const text = engine.name === "SQLite" ? parts.join(" || '-' || ") : "cast(encode(id, 'hex') AS uuid)::text";
  for (const subject of ["submissions.ticket_id", text])
    await sql`INSERT INTO action_subjects SELECT ${sql.raw(subject)}, actions.nth FROM actions
      JOIN submissions ON submissions.ticket_id = actions.ticket_id AND reason = 'CREATED_SAYS_OPERATOR' WHERE true
      ON CONFLICT DO NOTHING`.execute(db);
  if (engine.name === "SQLite") return void (await engine.forgetChanges(db));
  // Does at once what PostgreSQL does within minutes after such a load.
  await sql`VACUUM (ANALYZE)`.execute(db);
  await sql`CHECKPOINT`.execute(db);
}

async function fillReports(tickets: readonly string[], now: number, db: Kysely<Tables>): Promise<void> {
  const cipher = await cipherOf(db, [LEDGER_KEY]);
  const details = { ...NO_DETAILS, customerName: "Alex", subject: "complain pelanggan", content: "haloo" };
  for (let from = 0; from < tickets.length; from += 500) {
    const rows = tickets.slice(from, from + 500).map((id) => {
      const nth = Number(id.split("-")[1]) || 0;
      return sql`(${id}, ${cipher.seal(sealedText(details), `report ${id}`)}, ${nth}, ${now - SPREAD_DAYS * DAY_MS})`;
    });
    await sql`INSERT INTO tickets (id, details, reported_nth, observed_at) VALUES ${sql.join(rows)}
      ON CONFLICT DO NOTHING`.execute(db);
  }
  // A report is as old as its ticket's last update.
  await sql`UPDATE tickets SET observed_at = coalesce((SELECT max(settled_at) FROM submissions
    WHERE ticket_id = tickets.id AND requested_status IS NOT NULL), observed_at)`.execute(db);
}

/** Removes the indexes that are no constraints, and returns the statements that make them: a load is several times as fast without. */
async function withoutIndexes(db: Kysely<Tables>, engine: string): Promise<string[]> {
  const list =
    engine === "SQLite"
      ? sql<{ name: string; sql: string }>`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`
      : sql<{ name: string; sql: string }>`SELECT indexname AS name, indexdef AS sql FROM pg_indexes
          WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)`;
  const { rows } = await list.execute(db);
  for (const { name } of rows) await sql`DROP INDEX ${sql.ref(name)}`.execute(db);
  return rows.map((row) => row.sql);
}
