/** Commands that show what the ledger has: of a submission, a ticket, an answer or an action. */
import { type AnswerGroup, answersIn } from "./sealed.ts";
import type { ListedAction } from "../ledger/tickets/actions.ts";
import { REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import type { Ledger } from "../tickets/ports.ts";
import type { Action, Submission } from "../tickets/submission.ts";
import { form, formOfSubmission, readAs } from "./arguments.ts";
import { COMMAND_LINE, createCommand, onLedger, refuse } from "./command.ts";
import { PAGE_SIZE, addSearchOptions, checkSpan, pageOf, time, wantedBy } from "./list.ts";
import {
  type Columns,
  TICKET,
  columnsOf,
  factsText,
  shownAnswer,
  shownSubmission,
  shownTicket,
  submittedText,
  table,
} from "./output.ts";
import { csvOf, timeOf } from "./printable.ts";

export const show = createCommand(
  formOfSubmission(
    "show",
    "Shows a submission, what was submitted, Sociomile's words about it, and what operators did.",
  ),
  (_, [id]) =>
    onLedger(async (ledger, { config }) => {
      const submission = await ledger.find(id);
      if (!submission) return refuse("SUBMISSION_NOT_FOUND", "No submission has this id.", { submission });
      const [actions = []] = await ledger.actionsOf([id]);
      const [answer = null] = await ledger.answers([id]);
      const [submitted = null] = await ledger.submittedBy([id]);
      if (submitted) await ledger.keepReading("SHOW", { by: COMMAND_LINE, byPerson: null }, [id]);
      const shown = { ...shownSubmission(submission), ...shownAnswer(answer) };
      const texts = [
        factsText(shown, config.SOCIOMILE_TIME_ZONE),
        submitted && submittedText(submitted),
        table(ACTION, actions, Infinity),
      ];
      return {
        text: texts.filter(Boolean).join("\n\n"),
        data: { submission: { ...shown, submitted, actions } },
      };
    }),
);

export const find = createCommand(
  addSearchOptions(form("find", "Finds tickets and submissions by one number or id.")),
  (options) => {
    const wanted = wantedBy(options);
    return onLedger(async (ledger) => {
      const { reference } = wanted;
      const [ids = []] = reference ? await ledger.ticketIdsByReference([reference]) : [[wanted.ticketId]];
      const query = { ...wanted, first: PAGE_SIZE.default, after: null };
      const { items, hasMore } = await pageOf(ledger, query);
      return foundReport(ledger, ids, items, hasMore);
    });
  },
);

export async function foundReport(ledger: Ledger, ticketIds: string[], items: Submission[], hasMore = false) {
  const tickets = (await ledger.tickets(ticketIds)).filter((ticket) => ticket !== null);
  const texts = [
    table(TICKET, tickets),
    table(columnsOf(null), items),
    hasMore && "There are more submissions.",
  ];
  return {
    text: texts.filter(Boolean).join("\n\n") || "No ticket and no submission has it.",
    data: { tickets: tickets.map(shownTicket), submissions: items.map(shownSubmission), hasMore },
  };
}

const timed = ({ firstAt, lastAt, ...group }: AnswerGroup) => ({
  ...group,
  firstAt: { epochMilliseconds: firstAt },
  lastAt: { epochMilliseconds: lastAt },
});
const ANSWER: Columns<ReturnType<typeof timed>> = {
  COUNT: ({ count }) => count,
  HTTP: ({ status }) => status,
  OUTCOME: ({ outcome }) => outcome,
  SENTENCE: ({ message }) => message ?? "(none)",
  FIRST: ({ firstAt }) => timeOf(firstAt),
  LAST: ({ lastAt }) => timeOf(lastAt),
  EXAMPLE: ({ example }) => example,
};

/** Shows the vendor's sentences that were refusals or were not understood, so that unknown refusals can be taught. */
export const answers = createCommand(
  form("answers", "Groups Sociomile's words in refusals and in answers that were not understood."),
  () =>
    async ({ address }) => {
      const { groups, unreadable } = await answersIn(address);
      const found = groups.map(timed);
      const none = "Sociomile has refused nothing, and was always understood.";
      return {
        text: table(ANSWER, found, Infinity) || none,
        data: { answers: found, unreadable },
        refusal: unreadable > 0 ? `${unreadable} answers cannot be read: look with \`verify\`.` : "",
      };
    },
);

const ACTION: Columns<Action> = {
  DONE: ({ at }) => timeOf(at),
  ACTION: ({ kind }) => kind,
  BY: ({ client, person }) => (person === null ? client : `${person} (${client})`),
  VERDICT: ({ verdict }) => verdict,
  TICKET: ({ ticketId }) => ticketId,
  NUMBER: ({ ticketNumber }) => ticketNumber,
  NOTE: ({ note }) => note,
};
const LISTED_ACTION: Columns<ListedAction> = { ...ACTION, TO: ({ subjects }) => subjects.join(" ") };

export const actions = createCommand(
  form("actions", "Lists what operators did, in a time or to one submission or ticket, the oldest first.")
    .argument("[id]", "id of the submission or ticket", readAs(REQUIRED_LINE))
    .option("--from <time>", "from this time on", time)
    .option("--to <time>", "until before this time", time)
    .option("--csv", "write CSV for a spreadsheet"),
  ({ from = Temporal.Instant.fromEpochMilliseconds(0), to = Temporal.Now.instant(), csv }, [id]) => {
    checkSpan(from, to, "--from --to");
    return onLedger(async (ledger) => {
      const found = await ledger.actions(from, to, id);
      const rows = found.map((action) => ({ ...action, subjects: action.subjects.join(" ") }));
      const text = csv ? csvOf(rows) : table(LISTED_ACTION, found) || "There are no actions.";
      return { text, data: { actions: found } };
    });
  },
);
