/** Commands that move a ledger. */
import { open } from "node:fs/promises";
import { copyLedger, makeOfCopy } from "./ledger/copies.ts";
import { UsageError, form, line } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { write } from "./output.ts";

export const exportLedger = createCommand(
  form("export", "Writes the ledger for `import`, a row a line, with sealed texts as they are.").option(
    "--without-details",
    "leave out all personal data",
  ),
  ({ withoutDetails = false, ...options }) => {
    if ("json" in options) throw new UsageError("An export is JSON already.");
    return async ({ addressOf }) => {
      let refusal = "";
      await copyLedger(addressOf(), withoutDetails, async (lines) => {
        const error = await write(lines).catch((thrown: NodeJS.ErrnoException) => thrown);
        if (error) refusal = `The export cannot be written (${error.code}).`;
        return refusal === "";
      });
      return { data: {}, text: "", refusal };
    };
  },
);

export const importLedger = createCommand(
  form("import", "Makes a ledger of an export, all or nothing, where none is.")
    .argument("<file>", "the export", line)
    .option("--without-details", "take an export without personal data"),
  ({ withoutDetails = false }, [path]) =>
    async ({ addressOf, observe }) => {
      const opened = await open(path).catch((error: NodeJS.ErrnoException) => error);
      if (opened instanceof Error) return { data: {}, refusal: `The file cannot be read (${opened.code}).` };
      await using file = opened; // Node ends a process that leaves a file to the garbage collector
      await makeOfCopy(addressOf(true), file.readLines(), withoutDetails, observe);
      return { data: {}, text: "The ledger has everything of the export. Look with `verify`." };
    },
);
