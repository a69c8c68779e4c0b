import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { TABLES } from "../../ledger/database/tables.ts";
import { LedgerRefused } from "../../ledger/database/unusable.ts";
import { REQUIRED_LINE } from "../../tickets/fields/field-types.ts";
import { form, formed } from "../arguments.ts";
import { createCommand } from "../command.ts";
import { type Page, ROWS_A_PAGE, type Row, type TableName } from "./rows.ts";

const NOT_WHOLE =
  "This is no whole export: it was cut off or changed, or is another file. Nothing of it is in the ledger.";
const LACKS_DETAILS =
  "This export has no personal data, so a service cannot go on with it. To look at it, give --without-details.";

export const importLedger = createCommand(
  form("import", "Makes a ledger of an export, all or nothing, where none is.")
    .argument("<file>", "the export", formed(REQUIRED_LINE))
    .option("--without-details", "take an export without personal data"),
  ({ withoutDetails }, [path]) =>
    async ({ ledger }) => {
      const file = await open(path).catch((error: NodeJS.ErrnoException) => error);
      if (file instanceof Error)
        return { text: "", data: {}, refusal: `The file cannot be read (${file.code}).` };
      const lines = file.readLines()[Symbol.asyncIterator]();
      const first = String((await lines.next()).value);
      const head = entryIn(first) as { ledger?: string; form?: string; withoutDetails?: boolean };
      if (head.ledger !== "sociomile-subgraph" || !head.form) throw new LedgerRefused(NOT_WHOLE);
      if (head.withoutDetails && !withoutDetails) throw new LedgerRefused(LACKS_DETAILS);
      await ledger.copyIn(head.form, pagesOf(first, { [Symbol.asyncIterator]: () => lines }));
      return { text: "The ledger has everything of the export. Look with `verify`.", data: {} };
    },
);

/** Reads the pages in the lines after the first one. Throws LedgerRefused, at the end at the latest, unless they are whole. */
async function* pagesOf(first: string, lines: AsyncIterable<string>): AsyncGenerator<Page> {
  const sha256 = createHash("sha256").update(`${first}\n`);
  let end: { rows?: number; sha256?: string } | null = null;
  let count = 0;
  let page = { table: "submissions" as TableName, rows: [] as Row[] };
  for await (const line of lines) {
    const [[name, value] = ["", {}]] = Object.entries(entryIn(line));
    if (end || !(name === "end" || Object.hasOwn(TABLES, name))) throw new LedgerRefused(NOT_WHOLE);
    if (name === "end") end = Object(value) as object;
    else {
      if (name !== page.table || page.rows.length === ROWS_A_PAGE) {
        yield page;
        page = { table: name as TableName, rows: [] };
      }
      sha256.update(`${line}\n`);
      page.rows.push(Object(value) as Row);
      count++;
    }
  }
  yield page;
  if (end?.rows !== count || end.sha256 !== sha256.digest("hex")) throw new LedgerRefused(NOT_WHOLE);
}

function entryIn(line: string): object {
  try {
    return Object(JSON.parse(line, bytesIn)) as object;
  } catch {
    throw new LedgerRefused(NOT_WHOLE);
  }
}

/** Reads bytes, which stand in base64. */
function bytesIn(_: string, value: { base64?: unknown } | null): unknown {
  return typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value;
}
