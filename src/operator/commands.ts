import { FieldType, matches } from "../tickets/fields/field-type.ts";
import { REQUIRED_CLEAR_LINE, REQUIRED_LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import { trimmed } from "../tickets/fields/forms.ts";
import { LIMITS } from "../tickets/fields/limits.ts";
import { TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import { SUBMISSION_ID } from "../tickets/submission.ts";
import type { Arguments } from "./arguments.ts";
import { cancel } from "./changes.ts";
import { COMMAND_LINE, type Command, change, onLedger } from "./command.ts";
import { PAGE_SIZE, type Wanted, doubts, find, queue } from "./lists.ts";
import { correct, resolve } from "./resolve.ts";
import { DOUBT, QUEUED, RESOLUTION, SUBMISSION, TICKET } from "./submissions.ts";
import { shown, shownQueued, shownSubmission, shownTicket, submissionText } from "./submissions.ts";
import { listText, table } from "./table.ts";
import { verify } from "./verify.ts";

const A_PAGE_SIZE = new FieldType(
  LIMITS.oneLine,
  trimmed,
  matches(
    new RegExp(`^(?:[1-9][0-9]{0,2}|${PAGE_SIZE.max})$`),
    "NOT_DIGITS",
    `The value must be from 1 to ${PAGE_SIZE.max}.`,
  ),
);
const A_SUBMISSION_ID = new FieldType(
  LIMITS.oneLine,
  trimmed,
  matches(SUBMISSION_ID, "NOT_AN_ID", "The value must be the id of a submission in a list."),
);

/** Types of references by their options, such as --helpdesk-number. */
const REFERENCES: ReadonlyMap<string, TicketReferenceType> = new Map(
  Object.values(TicketReferenceType).map((type) => [
    type.toLowerCase().replace("_ticket", "").replaceAll("_", "-"),
    type,
  ]),
);
/** Options of a search. `ticket` takes Sociomile's own id. */
const WANTED = [...REFERENCES.keys(), "ticket"];

function wantedBy(given: Arguments): Wanted {
  const option = given.oneOf(WANTED);
  const type = REFERENCES.get(option);
  if (type === undefined) return { ticketId: given.required(option, TICKET_ID), reference: null };
  return { ticketId: null, reference: { type, value: given.required(option, fieldTypeOf(type)) } };
}

/** Commands by name, in the order of the usage. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    doubts: {
      usage: ["doubts [--first N] [--after ID]"],
      meaning: `Lists the submissions in doubt, newest first, ${PAGE_SIZE.default} or N of them, after the one with the ID.`,
      prepare(given) {
        const first = Number(given.text("first", A_PAGE_SIZE) ?? PAGE_SIZE.default);
        const after = given.text("after", A_SUBMISSION_ID);
        return onLedger(async (ledger, { width }) => {
          const page = await doubts(ledger, first, after);
          const next = page.hasMore ? page.items.at(-1)!.id : null;
          const list = listText(DOUBT, page, width, `There are more. Continue with --after ${next}`);
          return {
            text: list || `There are no ${after === null ? "" : "more "}doubts.`,
            data: { submissions: page.items.map(shownSubmission), next },
          };
        });
      },
    },
    show: {
      usage: ["show ID"],
      meaning: "Shows a submission and its resolutions.",
      prepare(given) {
        const id = given.argument(REQUIRED_LINE);
        return onLedger(async (ledger, { config }) => {
          const submission = await ledger.find(id);
          if (!submission)
            return { text: "", data: { submission: null }, refusal: "No submission has this id." };
          const [resolutions = []] = await ledger.resolutions([submission.id]);
          const texts = [submissionText(submission, config.SOCIOMILE_TIME_ZONE)];
          if (resolutions.length > 0) texts.push(table(RESOLUTION, resolutions, Infinity, Infinity));
          return {
            text: texts.join("\n\n"),
            data: { submission: { ...shownSubmission(submission), resolutions: resolutions.map(shown) } },
          };
        });
      },
    },
    resolve,
    correct,
    queue: {
      usage: ["queue"],
      meaning: `Lists the submissions that wait for delivery, oldest first, ${PAGE_SIZE.default} at most.`,
      prepare: () =>
        onLedger(async (ledger, { width }) => {
          const page = await queue(ledger);
          return {
            text: listText(QUEUED, page, width, "There are more.") || "The queue is empty.",
            data: { submissions: page.items.map(shownQueued), hasMore: page.hasMore },
          };
        }),
    },
    cancel: {
      usage: ["cancel ID --by NAME"],
      meaning: "Takes a submission back that waits for delivery. Its key may be used again.",
      prepare(given) {
        const id = given.argument(REQUIRED_LINE);
        const byPerson = given.required("by", REQUIRED_CLEAR_LINE);
        return change((ledger) => cancel(ledger, id, { by: COMMAND_LINE, byPerson }));
      },
    },
    find: {
      usage: WANTED.map((option) => `find --${option} VALUE`),
      meaning: "Finds tickets and submissions by one number or id; --ticket takes Sociomile's id.",
      prepare(given) {
        const wanted = wantedBy(given);
        return onLedger(async (ledger, { width }) => {
          const { tickets, submissions } = await find(ledger, wanted);
          const texts = [
            listText(TICKET, tickets, width, ""),
            listText(SUBMISSION, submissions, width, "\nThere are more submissions."),
          ];
          return {
            text: texts.filter(Boolean).join("\n\n") || "No ticket and no submission has it.",
            data: {
              tickets: tickets.items.map(shownTicket),
              submissions: submissions.items.map(shownSubmission),
              hasMore: submissions.hasMore,
            },
          };
        });
      },
    },
    forget: {
      usage: ["forget TICKET [--by NAME]"],
      meaning: "Deletes the stored data of the ticket with this id of Sociomile. Its submissions stay.",
      prepare(given) {
        const ticketId = given.argument(TICKET_ID);
        const by = given.text("by", REQUIRED_CLEAR_LINE);
        return onLedger(async (ledger) => {
          const wasKnown = await ledger.forgetTicket(ticketId, by);
          const text = wasKnown ? "The ticket is forgotten." : "Nothing was known about this ticket.";
          return { text, data: { ticketId, wasKnown } };
        });
      },
    },
    check: {
      usage: ["check"],
      meaning: "Checks the settings and the ledger as a start does, and changes nothing.",
      prepare:
        () =>
        async ({ config: { APP_MODE: mode, unknownSettings }, ledger }) => {
          const isPrepared = await ledger.check();
          const warnings = unknownSettings.map(
            (name) => `Warning: ${name} begins like a setting and is none.`,
          );
          const found = isPrepared
            ? "The ledger answers, and LEDGER_KEY opens it."
            : "The ledger does not have the tables of this version. A start makes them.";
          return {
            text: [`The settings can be used (${mode}).`, ...warnings, found].join("\n"),
            data: { mode, unknownSettings, ledger: { isPrepared } },
          };
        },
    },
    verify,
  }),
);

/** Writes the usage of these commands. */
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
