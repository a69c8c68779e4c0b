import { createHash } from "node:crypto";
import { SEALED } from "../../ledger/sealed.ts";
import { VERSION } from "../../version.ts";
import { UsageError, form as formOf, optionIn } from "../arguments.ts";
import { type Report, createCommand } from "../command.ts";
import { write } from "../output.ts";
import { jsonOf } from "../printable.ts";
import type { Page, Value } from "./rows.ts";

/** Columns with personal data. An export without details has them empty. */
const PERSONAL: ReadonlySet<string> = new Set([
  ...Object.values(SEALED).map(({ table, column }) => `${table}.${column}`),
  "submissions.requested_by",
  "resolutions.by_person",
  "resolutions.note",
]);

export const exportLedger = createCommand(
  formOf(
    "export",
    "Writes the whole ledger to standard output, a row a line, for `import`: sealed texts as they are.",
  ).option("--without-details", "leave out all personal data"),
  (options) => {
    if (optionIn(options, "json")) throw new UsageError("An export is JSON already.");
    const { withoutDetails = false } = options;
    return ({ ledger }) =>
      ledger.copyOut(async (form, pages): Promise<Report> => {
        for await (const text of linesOf(form, pages, withoutDetails)) {
          const error = await write(text).catch((thrown: NodeJS.ErrnoException) => thrown);
          if (error) return { text: "", data: {}, refusal: `The export cannot be written (${error.code}).` };
        }
        return { text: "", data: {} };
      });
  },
);

/** Writes an export, some lines at once: a head, each row by the name of its table, and an end with the number of rows and the hash of the lines before it. */
async function* linesOf(form: string, pages: AsyncIterable<Page>, withoutDetails: boolean) {
  const sha256 = createHash("sha256");
  let rows = 0;
  const lineOf = (data: object) => {
    const line = `${jsonOf(data, 0)}\n`;
    sha256.update(line);
    return line;
  };
  const exportedAt = new Date().toISOString();
  yield lineOf({ ledger: "sociomile-subgraph", form, version: VERSION, exportedAt, withoutDetails });
  for await (const page of pages) {
    // A copy without details is for those who have no key, and a ledger without the ids of its keys opens with any.
    if (withoutDetails && page.table === "ledger_keys") continue;
    rows += page.rows.length;
    const shown = ([column, value]: [string, Value]) => {
      const isEmpty = withoutDetails && PERSONAL.has(`${page.table}.${column}`);
      if (value instanceof Uint8Array) return [column, { base64: isEmpty ? "" : value.toBase64() }];
      return [column, isEmpty ? "" : value];
    };
    const lines = page.rows.map((row) => {
      const values = Object.entries(row).filter(([, value]) => value !== null);
      return lineOf({ [page.table]: Object.fromEntries(values.map(shown)) as object });
    });
    yield lines.join("");
  }
  yield `${JSON.stringify({ end: { rows, sha256: sha256.digest("hex") } })}\n`;
}
