import type { DatedResolution } from "../tickets/ports.ts";
import { type Command, onLedger } from "./command.ts";
import { timeIn } from "./list.ts";
import { csvOf } from "./printable.ts";
import { RESOLUTION, shown } from "./submissions.ts";
import { type Columns, table } from "./table.ts";

const VERDICT: Columns<DatedResolution> = { SUBMISSION: ({ submissionId }) => submissionId, ...RESOLUTION };
const THE_BEGINNING = Temporal.Instant.fromEpochMilliseconds(0);

/** Lists what operators have decided. */
export const verdicts: Command = {
  usage: ["verdicts [--from TIME] [--to TIME] [--csv]"],
  meaning: "Lists the verdicts of a period, oldest first. TIME is a time or an age such as 30d.",
  prepare(given) {
    const from = timeIn(given, "from") ?? THE_BEGINNING;
    const to = timeIn(given, "to") ?? Temporal.Now.instant();
    return onLedger(async (ledger, { width }) => {
      const found = await ledger.resolutionsBetween(from, to);
      const data = { verdicts: found.map(shown) };
      const text = given.has("csv") ? csvOf(data.verdicts) : table(VERDICT, found, width);
      return { text: found.length > 0 ? text : "There are no verdicts.", data };
    });
  },
};
