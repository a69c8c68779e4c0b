/** Search in everything that is sealed. It decrypts the whole ledger: no index of names, phones or addresses exists, because it could be guessed. */
import { setImmediate } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { submittedDetailsOf } from "../tickets/operations.ts";
import { LedgerCipher } from "./cipher.ts";
import type { Tables } from "./database/tables.ts";
import { textOf } from "./ids.ts";
import { type LedgerAddress, reading } from "./open.ts";
import { openRequest, openSubmitted } from "./submissions/row.ts";
import { openReport } from "./tickets/reports.ts";

/** Columns that hold sealed texts, and the rows that are read at once: a queued request may hold 750 KB. */
export const SEALED = {
  tickets: { table: "tickets", column: "details", open: openReport, rowsARead: 250 },
  details: { table: "submissions", column: "details", open: openSubmitted, rowsARead: 250 },
  queuedRequests: { table: "submissions", column: "request", open: openQueued, rowsARead: 100 },
} as const;
export type Sealed = (typeof SEALED)[keyof typeof SEALED];

/** Details that were submitted or reported, by their names in the schema. */
export type Details = Readonly<Record<string, unknown>>;

/** Records about one customer: the ids of their rows, with the details. */
export interface CustomerRecords extends Record<keyof typeof SEALED, { id: string; details: Details }[]> {
  /** Number of texts that could not be decrypted. Nobody knows whose they are. */
  unreadable: number;
}

/** Returns the details of a queued request, without card and account numbers. An update has none. */
function openQueued(...sealed: Parameters<typeof openRequest>): Details | null {
  const request = openRequest(...sealed);
  return request && (submittedDetailsOf(request) ?? {});
}

/** Decrypts a column, and yields pages of it in the order of the ids. A text that cannot be read is null. */
export async function* pagesOf(
  { table, column, open, rowsARead }: Sealed,
  cipher: LedgerCipher,
  db: Kysely<Tables>,
): AsyncGenerator<{ id: string; details: Details | null }[]> {
  let last: string | Uint8Array = table === "tickets" ? "" : new Uint8Array();
  for (;;) {
    const page = sql<{ id: string | Uint8Array; sealed: Uint8Array }>`
      SELECT id, ${sql.ref(column)} AS sealed FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL AND id > ${last} ORDER BY id LIMIT ${sql.lit(rowsARead)}`;
    const { rows } = await page.execute(db);
    yield rows.map(({ id, sealed }) => {
      const name = typeof id === "string" ? id : textOf(id);
      return { id: name, details: open(sealed, name, cipher) };
    });
    if (rows.length < rowsARead) return;
    await setImmediate(); // lets the process free what it has decrypted
    last = rows.at(-1)!.id;
  }
}

/** Finds the records of one customer. `onRead` gets the number of texts that were read. Throws LedgerRefused or LedgerUnusable. */
export function recordsOf(
  { url, keys }: LedgerAddress,
  isTheirs: (details: Details) => boolean,
  onRead: (count: number) => void,
): Promise<CustomerRecords> {
  const cipher = new LedgerCipher(keys);
  return reading(url, async (db) => {
    const found: CustomerRecords = { tickets: [], details: [], queuedRequests: [], unreadable: 0 };
    let read = 0;
    for (const name of Object.keys(SEALED) as (keyof typeof SEALED)[])
      for await (const page of pagesOf(SEALED[name], cipher, db)) {
        for (const { id, details } of page)
          if (details === null) found.unreadable++;
          else if (isTheirs(details)) found[name].push({ id, details });
        onRead((read += page.length));
      }
    return found;
  });
}
