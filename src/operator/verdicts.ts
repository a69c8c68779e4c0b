import type { KeptVerdict } from "../ledger/tickets/resolutions.ts";
import { type Command, onLedger } from "./command.ts";
import { spanIn } from "./list.ts";
import { csvOf } from "./printable.ts";
import { RESOLUTION } from "./submissions.ts";
import { type Columns, table } from "./table.ts";

const VERDICT: Columns<KeptVerdict> = {
  ...RESOLUTION,
  SUBMISSION: ({ submissionId }) => submissionId,
  "CORRECTED BY": ({ correctedBy }) => correctedBy,
};

const EARLIEST = Temporal.Instant.fromEpochMilliseconds(0);

export const verdicts: Command = {
  usage: ["verdicts [--from TIME] [--to TIME] [--csv]"],
  meaning: "Lists the verdicts from a TIME until before another, the oldest first, and who corrected them.",
  prepare(given) {
    const [from, to] = spanIn(given, "from", "to");
    return onLedger(async (ledger) => {
      const found = await ledger.verdicts(from ?? EARLIEST, to ?? Temporal.Now.instant());
      const isCsv = given.has("csv");
      const none = "There are no verdicts.";
      if (isCsv && found.length === 0) console.error(none); // a spreadsheet gets rows alone
      return { text: isCsv ? csvOf(found) : table(VERDICT, found) || none, data: { verdicts: found } };
    });
  },
};
