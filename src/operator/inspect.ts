/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { Config } from "../config/config.ts";
import type { SubmissionState } from "../tickets/submission.ts";
import type { LedgerCipher } from "../ledger/cipher.ts";
import type { Engine } from "../ledger/database/engine.ts";
import { IS_DOUBT_SQL, IS_NOT_CONFIRMED_SQL } from "../ledger/database/schema.ts";
import { TICKET_REFERENCE_COLUMNS, type Tables } from "../ledger/database/tables.ts";
import { timeIn } from "../ledger/ids.ts";
import type { LedgerAddress } from "../ledger/open.ts";
import { readLedger } from "./ledgers.ts";
import { isLeftAloneSql } from "../ledger/tickets/actions.ts";
import { sealedPages } from "./sealed.ts";
import { instantOf } from "../ledger/submissions/row.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { namedValues } from "./output.ts";
import { ageOf, timeOf } from "./printable.ts";

/** Most ids of unreadable rows that a report names. */
const NAMED = 10;
const none = () => ({ count: 0, ids: [] as string[] });

/** Contents of a ledger, and the part of them that cannot be read. */
type LedgerReport = Awaited<ReturnType<typeof inspectLedger>>;

/** Reads a whole ledger. Throws LedgerRefused or LedgerUnavailable. */
export function inspectLedger(address: LedgerAddress) {
  return readLedger(address, async (db, cipher, engine) => {
    const damage = await engine.damage(db);
    return {
      engine: engine.name,
      submissions: await statesOf(db),
      ...(await countsOf(db)),
      times: damage.length > 0 ? null : await timesOf(db, engine),
      unreadable: { ...(await unreadableIn(db, cipher)), damage },
    };
  });
}

/** Counts actions, tickets that are known by a confirmed request or by a report, and the numbers and ids by which tickets are found. */
async function countsOf(db: Kysely<Tables>) {
  const numbers = Object.values(TICKET_REFERENCE_COLUMNS).map((column) => sql`count(${sql.ref(column)})`);
  const { rows } = await sql<Record<"actions" | "tickets" | "references", number>>`SELECT
    (SELECT count(*) FROM actions) AS actions,
    (SELECT count(*) FROM (
      SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED' AND forgotten_at IS NULL
      UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND forgotten_at IS NULL
      UNION SELECT id FROM tickets WHERE observed_at IS NOT NULL) AS known) AS tickets,
    (SELECT count(*) FROM ticket_references) + (
      SELECT ${sql.join(numbers, sql` + `)} FROM submissions
      WHERE state = 'CONFIRMED' AND forgotten_at IS NULL) AS "references"`.execute(db);
  return rows[0]!;
}

/** Times of the oldest rows of each kind, and of the newest rows. */
type Times = "ended" | "tickets" | "queued" | "doubts" | "actions" | "newestCreated" | "newestSettled";

/** Reads times from which limits count, such as the last news of a ticket. A ticket that an update in flight or a conflict keeps is left out. */
async function timesOf(db: Kysely<Tables>, engine: Engine) {
  const { rows } = await sql<Record<Times, number | null> & { newest: Uint8Array | null }>`
    WITH known AS (
      SELECT ticket_id, settled_at AS known_at FROM submissions WHERE state = 'CONFIRMED' AND ticket_id IS NOT NULL
      UNION ALL SELECT id, observed_at FROM tickets WHERE observed_at IS NOT NULL),
    kept AS (
      SELECT ticket_id FROM submissions WHERE requested_status IS NOT NULL AND state = 'SENDING'
      UNION ALL SELECT ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND ticket_id IS NOT NULL)
    SELECT (SELECT min(settled_at) FROM submissions WHERE conflicting_ticket_id IS NULL
        AND state IN ('REJECTED', 'NOT_EXECUTED') AND ${IS_NOT_CONFIRMED_SQL}) AS ended,
      (SELECT min(known_at) FROM (SELECT max(known_at) AS known_at FROM known
        WHERE ticket_id NOT IN (SELECT ticket_id FROM kept) GROUP BY ticket_id) AS last) AS tickets,
      (SELECT min(handed_in_at) FROM submissions WHERE deliver_by IS NOT NULL) AS queued,
      (SELECT min(settled_at) FROM submissions WHERE ${IS_DOUBT_SQL}) AS doubts,
      (SELECT min(at) FROM actions WHERE ${isLeftAloneSql(engine)}) AS actions,
      (SELECT id FROM submissions ORDER BY id DESC LIMIT 1) AS newest,
      (SELECT max(settled_at) FROM submissions) AS "newestSettled"`.execute(db);
  const { newest, ...found } = rows[0]!;
  const times = Object.entries({ ...found, newestCreated: newest && timeIn(newest) });
  return Object.fromEntries(
    times.map(([name, time]) => [name, time === null ? null : instantOf(time)]),
  ) as Record<Times, Temporal.Instant | null>;
}

async function statesOf(db: Kysely<Tables>): Promise<Partial<Record<SubmissionState, number>>> {
  const { rows } = await sql<{ state: SubmissionState; count: number }>`
    SELECT state, count(*) AS count FROM submissions GROUP BY state ORDER BY state`.execute(db);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Decrypts everything that is sealed. Counts the rows for which that fails, because they were changed. */
async function unreadableIn(db: Kysely<Tables>, cipher: LedgerCipher) {
  const found = { tickets: none(), details: none(), queuedRequests: none(), answers: none() };
  for await (const page of sealedPages(cipher, db, Object.keys(found) as (keyof typeof found)[]))
    for (const { name, id, details } of page)
      if (details === null && found[name].count++ < NAMED) found[name].ids.push(id);
  return found;
}

export const verify = createCommand(
  form("verify", "Reads a whole ledger, such as a restored backup, and counts what cannot be read."),
  () =>
    async ({ address, config }) => {
      const report = await inspectLedger(address);
      return { text: textOf(report, config), data: report, refusal: refusalOf(report) };
    },
);

function refusalOf({ unreadable }: LedgerReport): string {
  const { tickets, details, queuedRequests, answers, damage } = unreadable;
  const unread = ({ count, ids }: typeof tickets, what: string) =>
    count > 0 && `${what.replace("#", String(count))} cannot be read, such as those of ${ids.join(", ")}.`;
  const reasons = [
    damage.length > 0 && `The database is damaged: ${damage[0]}`,
    unread(tickets, "The reports about # tickets"),
    unread(details, "The details of # submissions"),
    unread(queuedRequests, "# queued requests"),
    unread(answers, "Sociomile's words about # submissions"),
  ];
  return reasons.filter(Boolean).join(" ");
}

/** Writes the time of the oldest row of a kind beside the limit of its age. */
function besideLimit(oldest: Temporal.Instant | null, limit: string): string {
  return `${oldest === null ? "none" : `${timeOf(oldest)}, ${ageOf(oldest)} old`}; limit ${limit}`;
}

function timesText(times: NonNullable<LedgerReport["times"]>, config: Config): string {
  const { newestCreated, newestSettled } = times;
  return namedValues({
    "newest submission": newestCreated && timeOf(newestCreated),
    "newest outcome": newestSettled && timeOf(newestSettled),
    "oldest without a ticket": besideLimit(times.ended, `${config.SUBMISSION_RETENTION_DAYS} d`),
    "oldest ticket": besideLimit(times.tickets, `${config.TICKET_RETENTION_DAYS} d`),
    "oldest action": besideLimit(times.actions, `${config.TICKET_RETENTION_DAYS} d`),
    "oldest in the queue": besideLimit(times.queued, `${config.DELIVERY_HOURS} h`),
    "oldest doubt": besideLimit(times.doubts, "none"),
  });
}

function textOf(report: LedgerReport, config: Config): string {
  const { engine, tickets, references, actions, times } = report;
  const states = Object.entries(report.submissions).map(([state, count]) => [`submissions ${state}`, count]);
  return [
    namedValues({ engine, ...Object.fromEntries(states), tickets, references, actions }),
    times ? timesText(times, config) : "The database is damaged.",
  ].join("\n\n");
}
