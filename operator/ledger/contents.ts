/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { LedgerCipher } from "../../src/ledger/cipher.ts";
import type { Engine } from "../../src/ledger/database/engine.ts";
import { IS_DOUBT_SQL, IS_NOT_CONFIRMED_SQL } from "../../src/ledger/database/schema.ts";
import { TICKET_REFERENCE_COLUMNS, type Tables } from "../../src/ledger/database/tables.ts";
import { timeIn, instantOf } from "../../src/ledger/clock.ts";
import type { LedgerAddress } from "../../src/ledger/open.ts";
import { isLeftAloneSql } from "../../src/ledger/tickets/actions.ts";
import type { SubmissionState } from "../../src/tickets/submission.ts";
import { readLedger } from "./closed.ts";
import { SEALED, sealedPages } from "./sealed.ts";

/** Most ids of unreadable rows that a report names. */
const NAMED = 10;

/** Reads a whole ledger, and finds what of it cannot be read. Throws LedgerRefused or LedgerUnavailable. */
export function inspectLedger(address: LedgerAddress) {
  return readLedger(address, async (db, cipher, engine) => {
    const damage = await engine.damage(db);
    return {
      engine: engine.name,
      ...(await countsOf(db)),
      submissions: await statesOf(db),
      times: damage.length > 0 ? null : await timesOf(db, engine),
      unreadable: await unreadableIn(db, cipher),
      damage,
    };
  });
}

/** Counts actions, tickets with a confirmed request or a report, and the numbers and ids that find tickets. */
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

async function statesOf(db: Kysely<Tables>) {
  const { rows } = await sql<{ state: SubmissionState; count: number }>`
    SELECT state, count(*) AS count FROM submissions GROUP BY state ORDER BY state`.execute(db);
  return rows;
}

/** Times of the oldest rows of each part, and of the newest rows. */
type Times = "ended" | "tickets" | "queued" | "doubts" | "actions" | "newestCreated" | "newestSettled";

/** Reads times from which limits count, such as the last news of a ticket. It leaves out tickets that must be kept. */
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
  return Object.fromEntries(times.map(([name, time]) => [name, time === null ? null : instantOf(time)])) as Record<
    Times,
    Temporal.Instant | null
  >;
}

/** Decrypts everything that is sealed, and counts the rows of each part for which that fails, because they were changed. */
async function unreadableIn(db: Kysely<Tables>, cipher: LedgerCipher) {
  const found = new Map<string, { kind: string; count: number; ids: string[] }>();
  for await (const page of sealedPages(cipher, db, Object.keys(SEALED) as (keyof typeof SEALED)[]))
    for (const { name: kind, id, details } of page) {
      if (details !== null) continue;
      const { ids } = found.getOrInsert(kind, { kind, count: 0, ids: [] });
      found.get(kind)!.count++;
      if (ids.length < NAMED) ids.push(id);
    }
  return [...found.values()];
}
