import { type ProblemCode, problem } from "../errors.ts";
import { REQUIRED_LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import { cancelling } from "../tickets/cancel.ts";
import { VERSION } from "../version.ts";
import { answers } from "./answers.ts";
import { BY, form, formed } from "./arguments.ts";
import { batch } from "./batch.ts";
import { check } from "./check.ts";
import { COMMAND_LINE, type Report, change, createCommand, onLedger } from "./command.ts";
import { completion } from "./completion.ts";
import { exportLedger } from "./copies/export.ts";
import { importLedger } from "./copies/import.ts";
import { counts } from "./counts.ts";
import { customer, emptyChanges } from "./customer.ts";
import { find } from "./find.ts";
import { doubts, list, queue } from "./list.ts";
import { migrate } from "./migrate.ts";
import { page } from "./page/command.ts";
import { rehearse } from "./rehearse.ts";
import { restoreCheck } from "./restore-check.ts";
import { correct, resolve } from "./resolve.ts";
import { RESOLUTION, factsText, shownAnswer, shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";
import { verdicts } from "./verdicts.ts";
import { verify } from "./verify.ts";

const ticketId = formed(TICKET_ID);

const onSubmission = (name: string, meaning: string) =>
  form(name, meaning).argument("<id>", "id of the submission", formed(REQUIRED_LINE));

const show = createCommand(
  onSubmission("show", "Shows a submission, Sociomile's words about it, and its resolutions."),
  (_, [id]) =>
    onLedger(async (ledger, { config }) => {
      const submission = await ledger.find(id);
      if (!submission) return refused("SUBMISSION_NOT_FOUND", "No submission has this id.", { submission });
      const [resolutions = []] = await ledger.resolutions([submission.id]);
      const [answer = null] = await ledger.answers([submission.id]);
      const shown = { ...shownSubmission(submission), ...shownAnswer(answer) };
      const facts = factsText(shown, config.SOCIOMILE_TIME_ZONE);
      return {
        text: `${facts}\n\n${table(RESOLUTION, resolutions, Infinity, Infinity)}`.trimEnd(),
        data: { submission: { ...shown, resolutions } },
      };
    }),
);

const retry = createCommand(
  onSubmission("retry", "Lets a submission that waits for delivery be tried now.").option(...BY),
  ({ by = null }, [id]) =>
    onLedger(async (ledger) => {
      const isQueued = await ledger.retry(id, { by: COMMAND_LINE, byPerson: by });
      if (isQueued)
        return {
          text: "Its pause is over. It is tried once Sociomile may be called, and not within 5 s after it was handed in.",
          data: { id, isQueued },
        };
      const refusal = "No submission with this id waits for delivery.";
      return refused("SUBMISSION_NOT_QUEUED", refusal, { id, isQueued });
    }),
);

const cancel = createCommand(
  onSubmission("cancel", "Takes back a submission that waits for delivery. Its key may be used again.")
    .option("--dry-run", "change nothing, and show what the ledger says")
    .requiredOption(...BY),
  ({ by: byPerson, dryRun: isDryRun = false }, [id]) =>
    change((ledger) => cancelling(ledger)(id, { by: COMMAND_LINE, byPerson, isDryRun })),
);

const forget = createCommand(
  form("forget", "Deletes the stored data of tickets with these ids of Sociomile. Their submissions stay.")
    .argument("<ticket...>", "ids of the tickets", (id, ids?: string[]) => [...(ids ?? []), ticketId(id)])
    .requiredOption(...BY),
  ({ by }, [tickets]) =>
    onLedger(async (ledger) => {
      const [forgotten, unknown]: [string[], string[]] = [[], []];
      // A pasted list may name one twice.
      for (const id of new Set(tickets)) ((await ledger.forgetTicket(id, by)) ? forgotten : unknown).push(id);
      const refusals = unknown.map((id) => `Nothing was known about the ticket ${id}.`);
      return {
        text: forgotten.map((id) => `The ticket ${id} is forgotten.`).join("\n"),
        data: { forgotten, unknown },
        refusal: [...refusals, await emptyChanges(ledger)].join(" ").trim(),
      };
    }),
);

function refused(code: ProblemCode, refusal: string, data: object): Report {
  return { text: "", data: { ...data, problems: [problem(code, { message: refusal })] }, refusal };
}

/** Commands by the headings of the help. */
const COMMANDS = {
  Submissions: [list, doubts, queue, answers, counts, show, resolve, correct, batch, retry, cancel],
  "Tickets and customers": [find, forget, customer, verdicts],
  "The service": [
    check,
    rehearse,
    verify,
    restoreCheck,
    migrate,
    exportLedger,
    importLedger,
    page,
    completion,
  ],
};

/** The command line of operators. */
export const operator = form("operator", "Works on the ledger, beside the service and on its settings.")
  .version(VERSION, "--version", "print the version")
  .helpCommand("help [command]", "Shows the arguments of a command.")
  .addHelpText("after", "\nExit codes: 0 done, 1 refused, 64 wrong arguments, 78 settings or ledger.");
for (const [heading, commands] of Object.entries(COMMANDS))
  for (const command of commands) operator.addCommand(command.helpGroup(`${heading}:`));
