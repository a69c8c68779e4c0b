/** Commands on what waits for delivery. */
import { Option } from "@commander-js/extra-typings";
import { endsInLog } from "../telemetry/read-log.ts";
import { createCancel } from "../tickets/cancel.ts";
import { REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import { ANY_SUBMISSION } from "../tickets/ports.ts";
import { isAsSeen } from "../tickets/resolve.ts";
import { BY, UsageError, form, formOfSubmission, formed } from "./arguments.ts";
import { COMMAND_LINE, change, createCommand, onLedger, refuse } from "./command.ts";
import { allOf } from "./list.ts";
import { table } from "./output.ts";
import { columnsOf, shownSubmission } from "./submissions.ts";

export const retry = createCommand(
  formOfSubmission("retry", "Lets a submission that waits for delivery be tried now.").option(...BY),
  ({ by: byPerson = null }, [id]) =>
    onLedger(async (ledger, { seen }) => {
      const submission = await ledger.find(id);
      const isSame = submission && isAsSeen(submission, { seen });
      const isQueued = isSame && (await ledger.retry(id, { by: COMMAND_LINE, byPerson }));
      if (!isQueued)
        return refuse("SUBMISSION_NOT_QUEUED", "No submission with this id waits for delivery.", {
          id,
          isQueued: false,
        });
      return {
        text: "Its pause is over. It is sent as soon as calls are allowed, and not within 5 s after it was handed in.",
        data: { id, isQueued },
      };
    }),
);

export const cancel = createCommand(
  formOfSubmission("cancel", "Takes back a submission that waits for delivery. Its key may be used again.")
    .option("--dry-run", "change nothing, and show what the ledger says")
    .requiredOption(...BY),
  ({ by, dryRun: isDryRun = false }, [id]) =>
    change(by, (ledger, operator) => createCancel(ledger)(id, { ...operator, isDryRun })),
);

/** Submissions that a restored ledger would send, those among them that have ended since by the log, and their cancellation. */
export const restoreCheck = createCommand(
  form("restore-check", "Lists what a restored ledger sends at its start, and what of it has ended since.")
    .option("--log <file>", "log since the restored moment, or - for standard input", formed(REQUIRED_LINE))
    .addOption(new Option("--cancel <which>", "take these back").choices(["ended", "all"] as const))
    .option(...BY)
    .option("--dry-run", "change nothing, and list what --cancel takes back"),
  ({ log, cancel: which, by: byPerson = null, dryRun: isDryRun = false }) => {
    if (which && byPerson === null) throw new UsageError("--by is missing.");
    if (which === "ended" && log === undefined) throw new UsageError("--log is missing.");
    return onLedger(async (ledger) => {
      const waiting = await allOf(ledger, { ...ANY_SUBMISSION, state: "QUEUED", oldestFirst: true });
      const ends = log === undefined ? new Map<string, string>() : await endsInLog(log);
      const endOf = ({ id }: { id: string }) => ends.get(id) ?? null;
      const ended = waiting.filter((one) => endOf(one) !== null);
      const chosen = which === undefined ? [] : { all: waiting, ended }[which];
      const [taken, left]: [string[], string[]] = [[], []];
      for (const { id } of chosen) {
        const { problems } = await createCancel(ledger)(id, { by: COMMAND_LINE, byPerson, isDryRun });
        (problems.length === 0 ? taken : left).push(id);
      }
      const rows = table({ ...columnsOf("QUEUED"), "END IN THE LOG": endOf }, waiting);
      const count = `${waiting.length} wait for delivery, of which ${ended.length} have ended by the log.`;
      const result = which && `${taken.length} ${isDryRun ? "would be" : "are"} taken back.`;
      const shown = waiting.map((one) => ({ ...shownSubmission(one), endInLog: endOf(one) }));
      return {
        text: [rows, count, result].filter(Boolean).join("\n"),
        data: { waiting: shown, taken, left },
        refusal: left.map((id) => `${id} could not be taken back. Look with \`show\`.`).join("\n"),
      };
    });
  },
);
