import { type ProblemCode, problem } from "../errors.ts";
import { REQUIRED_CLEAR_LINE, REQUIRED_LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import { cancelling } from "../tickets/cancel.ts";
import { answers } from "./answers.ts";
import { batch } from "./batch.ts";
import { check } from "./check.ts";
import { COMMAND_LINE, type Command, type Report, change, onLedger } from "./command.ts";
import { counts } from "./counts.ts";
import { customer, emptyChanges, exportCustomer, forgetCustomer } from "./customer.ts";
import { find } from "./find.ts";
import { doubts, list, queue } from "./list.ts";
import { exportLedger } from "./copies/export.ts";
import { importLedger } from "./copies/import.ts";
import { migrate } from "./migrate.ts";
import { page } from "./page/command.ts";
import { rehearse } from "./rehearse.ts";
import { correct, resolve } from "./resolve.ts";
import { RESOLUTION, factsText, shownAnswer, shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";
import { verdicts } from "./verdicts.ts";
import { verify } from "./verify.ts";

/** Commands by name, in the order of the usage. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    list,
    doubts,
    queue,
    answers,
    counts,
    show: {
      usage: ["show ID"],
      meaning: "Shows a submission, Sociomile's words about it, and its resolutions.",
      prepare(given) {
        const id = given.argument(REQUIRED_LINE);
        return onLedger(async (ledger, { config }) => {
          const submission = await ledger.find(id);
          if (!submission)
            return refused("SUBMISSION_NOT_FOUND", "No submission has this id.", { submission });
          const [resolutions = []] = await ledger.resolutions([submission.id]);
          const [answer = null] = await ledger.answers([submission.id]);
          const shown = { ...shownSubmission(submission), ...shownAnswer(answer) };
          const facts = factsText(shown, config.SOCIOMILE_TIME_ZONE);
          return {
            text: `${facts}\n\n${table(RESOLUTION, resolutions, Infinity, Infinity)}`.trimEnd(),
            data: { submission: { ...shown, resolutions } },
          };
        });
      },
    },
    resolve,
    correct,
    batch,
    retry: {
      usage: ["retry ID [--by NAME]"],
      meaning: "Lets a submission that waits for delivery be tried now.",
      prepare(given) {
        const id = given.argument(REQUIRED_LINE);
        const byPerson = given.text("by", REQUIRED_CLEAR_LINE);
        return onLedger(async (ledger) => {
          const isQueued = await ledger.retry(id, { by: COMMAND_LINE, byPerson });
          if (isQueued)
            return {
              text: "Its pause is over. It is tried once Sociomile may be called, and not within 5 s after it was handed in.",
              data: { id, isQueued },
            };
          const refusal = "No submission with this id waits for delivery.";
          return refused("SUBMISSION_NOT_QUEUED", refusal, { id, isQueued });
        });
      },
    },
    cancel: {
      usage: ["cancel ID --by NAME"],
      meaning: "Takes a submission back that waits for delivery. Its key may be used again.",
      prepare(given) {
        const id = given.argument(REQUIRED_LINE);
        const byPerson = given.required("by", REQUIRED_CLEAR_LINE);
        return change((ledger) => cancelling(ledger)(id, { by: COMMAND_LINE, byPerson }));
      },
    },
    find,
    forget: {
      usage: ["forget TICKET... --by NAME"],
      meaning: "Deletes the stored data of tickets with these ids of Sociomile. Their submissions stay.",
      prepare(given) {
        const ticketIds = new Set(given.arguments(TICKET_ID)); // a pasted list may name one twice
        const by = given.required("by", REQUIRED_CLEAR_LINE);
        return onLedger(async (ledger) => {
          const [forgotten, unknown]: [string[], string[]] = [[], []];
          for (const id of ticketIds) ((await ledger.forgetTicket(id, by)) ? forgotten : unknown).push(id);
          const refusals = unknown.map((id) => `Nothing was known about the ticket ${id}.`);
          return {
            text: forgotten.map((id) => `The ticket ${id} is forgotten.`).join("\n"),
            data: { forgotten, unknown },
            refusal: [...refusals, await emptyChanges(ledger)].join(" ").trim(),
          };
        });
      },
    },
    customer,
    "customer export": exportCustomer,
    "customer forget": forgetCustomer,
    verdicts,
    check,
    rehearse,
    verify,
    migrate,
    export: exportLedger,
    import: importLedger,
    page,
  }),
);

function refused(code: ProblemCode, refusal: string, data: object): Report {
  return { text: "", data: { ...data, problems: [problem(code, { message: refusal })] }, refusal };
}

export function usageOf(commands: Iterable<Command>): string {
  const parts = Array.from(commands, ({ usage, meaning }) =>
    [...usage.map((line) => `  ${line}`), `      ${meaning}`].join("\n"),
  );
  return [
    "Usage: npm run operator -- COMMAND, or in the image: node dist/operator.js COMMAND",
    "",
    ...parts,
    "",
    "With --json a command writes JSON. It ends with 0: done, 1: refused, 64: wrong arguments, 78: settings or ledger.",
  ].join("\n");
}
