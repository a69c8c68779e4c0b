/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { Config } from "../config/config.ts";
import type { SubmissionState } from "../tickets/submission.ts";
import { KEY_ID_BYTES, type LedgerCipher } from "../ledger/cipher.ts";
import type { Engine } from "../ledger/database/engine.ts";
import { ENDED_SQL, IS_CREATE_SQL } from "../ledger/database/schema.ts";
import { TICKET_REFERENCE_COLUMNS, type Tables } from "../ledger/database/tables.ts";
import { timeIn } from "../ledger/ids.ts";
import { type LedgerAddress, readLedger, findUsedKeys } from "../ledger/open.ts";
import { isLeftAloneSql } from "../ledger/tickets/actions.ts";
import { SEALED, sealedPages } from "../ledger/sealed.ts";
import { instantOf } from "../ledger/submissions/row.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { type Columns, namedValues, table as tableOf } from "./output.ts";
import { ageOf, timeOf } from "./printable.ts";

/** Most ids of unreadable rows that a report names. */
const NAMED = 10;
const none = () => ({ count: 0, ids: [] as string[] });

/** Contents of a ledger, and the part of them that cannot be read. */
type LedgerReport = Awaited<ReturnType<typeof inspectLedger>>;

/** Lists the keys that are not here and lock something. Throws LedgerRefused or LedgerUnavailable. */
export function findMissingKeys(address: LedgerAddress) {
  return readLedger(address, async (db, cipher) => {
    const used = await findUsedKeys(db, cipher);
    if (used.every((id) => cipher.ids.includes(id))) return []; // as nearly always: counting reads every row
    const reports = await keysOf(db, cipher);
    return reports.filter(({ isHere, submissions, sealed }) => !isHere && submissions + sealed > 0);
  });
}

/** Reads a whole ledger. Throws LedgerRefused or LedgerUnavailable. */
export function inspectLedger(address: LedgerAddress) {
  return readLedger(address, async (db, cipher, engine) => {
    const damage = await engine.damage(db);
    const ledgerKeys = await keysOf(db, cipher);
    return {
      engine: engine.name,
      submissions: await statesOf(db),
      ...(await countsOf(db)),
      keys: ledgerKeys,
      times: damage.length > 0 ? null : await timesOf(db, engine),
      unreadable: {
        ...(await unreadableIn(db, cipher)),
        // A repeated request under the idempotency key of one of these is refused.
        submissions: ledgerKeys.reduce((sum, key) => sum + (key.isHere ? 0 : key.submissions), 0),
        damage,
      },
    };
  });
}

/** Counts actions, tickets that are known by a confirmed request or by a report, and the numbers and ids by which tickets are found. */
async function countsOf(db: Kysely<Tables>) {
  const numbers = Object.values(TICKET_REFERENCE_COLUMNS).map((column) => sql`count(${sql.ref(column)})`);
  const { rows } = await sql<Record<"actions" | "tickets" | "references", number>>`SELECT
    (SELECT count(*) FROM actions) AS actions,
    (SELECT count(*) FROM (
      SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED' AND is_forgotten = 0
      UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND is_forgotten = 0
      UNION SELECT id FROM tickets WHERE observed_at IS NOT NULL) AS known) AS tickets,
    (SELECT count(*) FROM ticket_references) + (
      SELECT ${sql.join(numbers, sql` + `)} FROM submissions
      WHERE state = 'CONFIRMED' AND is_forgotten = 0) AS "references"`.execute(db);
  return rows[0]!;
}

/** Times of the oldest rows of each kind, of the newest rows, and up to which retention has deleted. */
type Times =
  "ended" | "tickets" | "queued" | "doubts" | "actions" | "newestCreated" | "newestSettled" | "deletedUntil";

/** Reads times from which limits count, such as the last news of a ticket. A ticket that an update in flight or a conflict keeps is left out. */
async function timesOf(db: Kysely<Tables>, engine: Engine) {
  const { rows } = await sql<Record<Times, number | null> & { newest: Uint8Array | null }>`
    WITH known AS (
      SELECT ticket_id, settled_at AS known_at FROM submissions WHERE state = 'CONFIRMED' AND ticket_id IS NOT NULL
      UNION ALL SELECT id, observed_at FROM tickets WHERE observed_at IS NOT NULL),
    kept AS (
      SELECT ticket_id FROM submissions WHERE requested_status IS NOT NULL AND state = 'SENDING'
      UNION ALL SELECT ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND ticket_id IS NOT NULL)
    SELECT (SELECT min(settled_at) FROM submissions WHERE conflicting_ticket_id IS NULL AND ${ENDED_SQL}) AS ended,
      (SELECT min(known_at) FROM (SELECT max(known_at) AS known_at FROM known
        WHERE ticket_id NOT IN (SELECT ticket_id FROM kept) GROUP BY ticket_id) AS last) AS tickets,
      (SELECT min(handed_in_at) FROM submissions WHERE deliver_by IS NOT NULL) AS queued,
      (SELECT min(settled_at) FROM submissions WHERE state = 'UNCERTAIN' AND ${IS_CREATE_SQL}) AS doubts,
      (SELECT min(at) FROM actions WHERE ${isLeftAloneSql(engine)}) AS actions,
      (SELECT id FROM submissions ORDER BY id DESC LIMIT 1) AS newest,
      (SELECT max(settled_at) FROM submissions) AS "newestSettled",
      (SELECT reached FROM retention_clock) AS "deletedUntil"`.execute(db);
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

/** Counts the submissions, and the sealed details and requests, under each key. A key without a row may be the first of a rotation. */
async function keysOf(db: Kysely<Tables>, cipher: LedgerCipher) {
  const recorded = await db.selectFrom("ledger_keys").selectAll().orderBy("first_used_at").execute();
  const under = async (table: string, column: string) => {
    const { rows } = await sql<{ key: Uint8Array; count: number }>`
      SELECT substr(${sql.ref(column)}, 1, ${sql.lit(KEY_ID_BYTES)}) AS key, count(*) AS count FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL GROUP BY 1`.execute(db);
    return new Map(rows.map(({ key, count }) => [key.toHex(), count]));
  };
  const submissions = await under("submissions", "fingerprint");
  const sealed: Map<string, number>[] = [];
  for (const { table, column } of Object.values(SEALED)) sealed.push(await under(table, column));
  const firstUse = new Map(recorded.map(({ id, first_used_at }) => [id, instantOf(first_used_at)]));
  const ids = new Set([firstUse, submissions, ...sealed].flatMap((each) => [...each.keys()]));
  return [...ids].map((id) => ({
    id,
    isHere: cipher.ids.includes(id),
    firstUsedAt: firstUse.get(id) ?? null,
    submissions: submissions.get(id) ?? 0,
    sealed: sealed.reduce((sum, counts) => sum + (counts.get(id) ?? 0), 0),
  }));
}

/** Decrypts everything that is sealed. Counts the rows for which that fails, because their key is not here or they were changed. */
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
  const { tickets, details, queuedRequests, answers, submissions, damage } = unreadable;
  const unread = ({ count, ids }: typeof tickets, what: string) =>
    count > 0 && `${what.replace("#", String(count))} cannot be read, such as those of ${ids.join(", ")}.`;
  const reasons = [
    damage.length > 0 && `The database is damaged: ${damage[0]}`,
    unread(tickets, "The reports about # tickets"),
    unread(details, "The details of # submissions"),
    unread(queuedRequests, "# queued requests"),
    unread(answers, "Sociomile's words about # submissions"),
    submissions > 0 && `The keys of ${submissions} submissions are not in LEDGER_KEY.`,
  ];
  return reasons.filter(Boolean).join(" ");
}

const KEY: Columns<LedgerReport["keys"][number]> = {
  KEY: ({ id }) => id,
  "IN LEDGER_KEY": ({ isHere }) => (isHere ? "yes" : "NO"),
  "FIRST USED": ({ firstUsedAt }) => firstUsedAt && timeOf(firstUsedAt),
  SUBMISSIONS: ({ submissions }) => submissions,
  SEALED: ({ sealed }) => sealed,
};

/** Writes the time of the oldest row of a kind beside the limit of its age. */
function besideLimit(oldest: Temporal.Instant | null, limit: string): string {
  return `${oldest === null ? "none" : `${timeOf(oldest)}, ${ageOf(oldest)} old`}; limit ${limit}`;
}

function timesText(times: NonNullable<LedgerReport["times"]>, config: Config): string {
  const { newestCreated, newestSettled, deletedUntil } = times;
  return namedValues({
    "newest submission": newestCreated && timeOf(newestCreated),
    "newest outcome": newestSettled && timeOf(newestSettled),
    "deleted until": deletedUntil && timeOf(deletedUntil),
    "oldest without a ticket": besideLimit(times.ended, `${config.SUBMISSION_RETENTION_DAYS} d`),
    "oldest ticket": besideLimit(times.tickets, `${config.TICKET_RETENTION_DAYS} d`),
    "oldest action": besideLimit(times.actions, `${config.TICKET_RETENTION_DAYS} d`),
    "oldest in the queue": besideLimit(times.queued, `${config.DELIVERY_HOURS} h`),
    "oldest doubt": besideLimit(times.doubts, "none"),
  });
}

function textOf(report: LedgerReport, config: Config): string {
  const { engine, tickets, references, actions, keys, times } = report;
  const states = Object.entries(report.submissions).map(([state, count]) => [`submissions ${state}`, count]);
  return [
    namedValues({ engine, ...Object.fromEntries(states), tickets, references, actions }),
    times ? timesText(times, config) : "The database is damaged.",
    tableOf(KEY, keys),
  ].join("\n\n");
}
