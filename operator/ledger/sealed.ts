/** Search in everything that is sealed. It decrypts the whole ledger: an index of names or phones could be guessed. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, type QueryResult, sql } from "kysely";
import { submittedDetailsOf } from "../../src/tickets/request.ts";
import {
  type LedgerCipher,
  type KeptAnswer,
  openAnswer,
  openReport,
  openRequest,
  openSubmitted,
} from "../../src/ledger/cipher.ts";
import type { Tables } from "../../src/ledger/database/tables.ts";
import { BEFORE_IDS, bytesOf, textOf, timeIn, instantOf } from "../../src/ledger/clock.ts";
import type { LedgerAddress } from "../../src/ledger/open.ts";
import { readLedger } from "./closed.ts";

/** Rows that are read at once, and the rest after them, as a multiple of that time. A queued request may have 750 KB. */
const ROWS_A_READ = 100;
const REST = 1.5;
/** Columns with sealed texts, in the order in which a request passes them: a search finds it in one. `setWith`: null together. */
export const SEALED = {
  queuedRequests: { table: "submissions", column: "request", setWith: "deliver_by", open: openQueued },
  details: { table: "submissions", column: "details", setWith: "details", open: openSubmitted },
  tickets: { table: "tickets", column: "details", setWith: "details", open: openReport },
  answers: { table: "submissions", column: "answer", setWith: "answer", open: openAnswer },
} as const;
/** Columns that find a customer. A queued request, and Sociomile's words, go with their submissions. */
const OF_CUSTOMERS = ["details", "tickets"] as const;
/** Details that were submitted or reported, by their names in the schema. */
export type Details = Readonly<Record<string, unknown>>;

/** A sealed text. The id of a ticket is text. */
type SealedRow = { id: string | Uint8Array; sealed: Uint8Array };

/** Records about one customer, with the ids of their rows. `unreadable`: number of damaged texts, which cannot be decrypted. */
export type CustomerRecords = { unreadable: number } & Record<
  (typeof OF_CUSTOMERS)[number],
  { id: string; details: Details }[]
>;

/** Returns the details of a queued request, without card and account numbers. An update has none. */
function openQueued(...sealed: Parameters<typeof openRequest>): Details | null {
  const request = openRequest(...sealed);
  return request && (submittedDetailsOf(request) ?? {});
}

/** Decrypts these columns, and yields pages of each in the order of the ids. A text that cannot be read is null. */
export async function* sealedPages<Name extends keyof typeof SEALED>(
  cipher: LedgerCipher,
  db: Kysely<Tables>,
  names: readonly Name[],
) {
  for (const name of names) {
    const { table, column, setWith, open } = SEALED[name];
    let last: string | Uint8Array | undefined = table === "tickets" ? "" : BEFORE_IDS;
    while (last !== undefined) {
      const beganAt = performance.now();
      const { rows }: QueryResult<SealedRow> = await sql<SealedRow>`
        SELECT id, ${sql.ref(column)} AS sealed FROM ${sql.table(table)}
        WHERE ${sql.ref(setWith)} IS NOT NULL AND id > ${last}
        ORDER BY id LIMIT ${sql.lit(ROWS_A_READ)}`.execute(db);
      yield rows.map((row) => {
        const id = typeof row.id === "string" ? row.id : textOf(row.id);
        return { name, id, details: open(row.sealed, id, cipher) as Details | null };
      });
      await sleep(REST * (performance.now() - beganAt)); // callers come first
      last = rows[ROWS_A_READ - 1]?.id;
    }
  }
}

/** Finds the records of one customer. `onRead` gets the number of texts, and the time of the submissions that were reached. */
export function recordsOf(
  address: LedgerAddress,
  isTheirs: (details: Details) => boolean,
  onRead: (count: number, reached: number | null) => void,
): Promise<CustomerRecords> {
  return readLedger(address, async (db, cipher) => {
    const found: CustomerRecords = { details: [], tickets: [], unreadable: 0 };
    let read = 0;
    for await (const page of sealedPages(cipher, db, OF_CUSTOMERS)) {
      for (const { name, id, details } of page)
        if (details === null) found.unreadable++;
        else if (isTheirs(details)) found[name].push({ id, details });
      const { name = "tickets", id = "" } = page.at(-1) ?? {};
      onRead((read += page.length), name === "details" ? timeIn(bytesOf(id)) : null);
    }
    return found;
  });
}

type AnswerGroup = Omit<KeptAnswer, "at" | "contentType"> &
  Record<"count" | "firstAt" | "lastAt", number> & { example: string };

/** Groups Sociomile's words by status, outcome and sentence, the most frequent first. `example`: id of the last submission. */
export function answersIn(address: LedgerAddress) {
  return readLedger(address, async (db, cipher) => {
    const groups = new Map<string, AnswerGroup>();
    let unreadable = 0;
    for await (const page of sealedPages(cipher, db, ["answers"] as const))
      for (const { id: example, details } of page) {
        if (details === null) {
          unreadable++;
          continue;
        }
        const { status, outcome, message, at } = details as unknown as KeptAnswer;
        const begun = { count: 0, status, outcome, message, firstAt: at, lastAt: at, example };
        const group = groups.getOrInsert(JSON.stringify([status, outcome, message]), begun);
        group.count++;
        group.firstAt = Math.min(group.firstAt, at);
        if (at >= group.lastAt) Object.assign(group, { lastAt: at, example });
      }
    const sorted = [...groups.values()].toSorted((one, other) => other.count - one.count);
    const timed = sorted.map(({ firstAt, lastAt, ...group }) => ({
      ...group,
      firstAt: instantOf(firstAt),
      lastAt: instantOf(lastAt),
    }));
    return { groups: timed, unreadable };
  });
}
