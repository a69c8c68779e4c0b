import { Option } from "@commander-js/extra-typings";
import { REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import { endsInLog } from "../telemetry/read-log.ts";
import { cancelling } from "../tickets/cancel.ts";
import { ANY_SUBMISSION } from "../tickets/ports.ts";
import { BY, UsageError, form, formed } from "./arguments.ts";
import { COMMAND_LINE, createCommand, onLedger } from "./command.ts";
import { allOf } from "./list.ts";
import { columnsOf, shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";

/** Submissions that a restored ledger would send, those among them that have ended since by the log, and their cancellation. */
export const restoreCheck = createCommand(
  form("restore-check", "Lists what a restored ledger sends at its start, and what of it has ended since.")
    .option("--log <file>", "log since the restored moment, or - for standard input", formed(REQUIRED_LINE))
    .addOption(new Option("--cancel <which>", "take these back").choices(["ended", "all"] as const))
    .option(...BY)
    .option("--dry-run", "change nothing, and list what --cancel takes back"),
  ({ log, cancel, by: byPerson = null, dryRun: isDryRun = false }) => {
    if (cancel && byPerson === null) throw new UsageError("--by is missing.");
    if (cancel === "ended" && log === undefined) throw new UsageError("--log is missing.");
    return onLedger(async (ledger) => {
      const waiting = await allOf(ledger, { ...ANY_SUBMISSION, state: "QUEUED", oldestFirst: true });
      const ends = log === undefined ? new Map<string, string>() : await endsInLog(log);
      const endOf = ({ id }: { id: string }) => ends.get(id) ?? null;
      const chosen = waiting.filter((one) => cancel === "all" || (cancel && endOf(one) !== null));
      const [taken, left]: [string[], string[]] = [[], []];
      for (const { id } of chosen) {
        const { problems } = await cancelling(ledger)(id, { by: COMMAND_LINE, byPerson, isDryRun });
        (problems.length === 0 ? taken : left).push(id);
      }
      const ended = waiting.filter((one) => endOf(one) !== null).length;
      const count = `${waiting.length} wait for delivery, of which ${ended} have ended by the log.`;
      const result = cancel && `${taken.length} ${isDryRun ? "would be" : "are"} taken back.`;
      const rows = table({ ...columnsOf("QUEUED"), "END IN THE LOG": endOf }, waiting);
      return {
        text: [rows, count, result].filter(Boolean).join("\n"),
        data: {
          waiting: waiting.map((one) => ({ ...shownSubmission(one), endInLog: endOf(one) })),
          taken,
          left,
        },
        refusal: left.map((id) => `${id} could not be taken back. Look with \`show\`.`).join("\n"),
      };
    });
  },
);
