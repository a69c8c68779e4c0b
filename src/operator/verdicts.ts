import type { KeptVerdict } from "../ledger/tickets/resolutions.ts";
import { form } from "./arguments.ts";
import { createCommand, onLedger } from "./command.ts";
import { checkSpan, time } from "./list.ts";
import { csvOf } from "./printable.ts";
import { RESOLUTION } from "./submissions.ts";
import { type Columns, table } from "./table.ts";

const VERDICT: Columns<KeptVerdict> = {
  ...RESOLUTION,
  SUBMISSION: ({ submissionId }) => submissionId,
  "CORRECTED BY": ({ correctedBy }) => correctedBy,
};

const EARLIEST = Temporal.Instant.fromEpochMilliseconds(0);

export const verdicts = createCommand(
  form("verdicts", "Lists the verdicts of a time, the oldest first, and who corrected them.")
    .option("--from <time>", "from this time on", time)
    .option("--to <time>", "until before this time", time)
    .option("--csv", "write CSV for a spreadsheet"),
  ({ from = EARLIEST, to = Temporal.Now.instant(), csv }) => {
    checkSpan(from, to, "--from --to");
    return onLedger(async (ledger) => {
      const found = await ledger.verdicts(from, to);
      const none = "There are no verdicts.";
      if (csv && found.length === 0) console.error(none); // a spreadsheet gets rows alone
      return { text: csv ? csvOf(found) : table(VERDICT, found) || none, data: { verdicts: found } };
    });
  },
);
