/** Commands that show what the ledger has: of a submission, a ticket, an answer or a verdict. */
import { type AnswerGroup, answersIn } from "../ledger/sealed.ts";
import type { KeptVerdict } from "../ledger/tickets/resolutions.ts";
import { ANY_SUBMISSION, type Ledger } from "../tickets/ports.ts";
import { form, formOfSubmission } from "./arguments.ts";
import { createCommand, onLedger, refuse } from "./command.ts";
import { PAGE_SIZE, type Page, pageOf, searchable, time, wantedBy } from "./list.ts";
import { type Columns, table } from "./output.ts";
import { csvOf, timeOf } from "./printable.ts";
import {
  RESOLUTION,
  TICKET,
  columnsOf,
  factsText,
  shownAnswer,
  shownSubmission,
  shownTicket,
} from "./submissions.ts";

export const show = createCommand(
  formOfSubmission("show", "Shows a submission, Sociomile's words about it, and its resolutions."),
  (_, [id]) =>
    onLedger(async (ledger, { config }) => {
      const submission = await ledger.find(id);
      if (!submission) return refuse("SUBMISSION_NOT_FOUND", "No submission has this id.", { submission });
      const [[resolutions = []], [answer = null]] = [
        await ledger.resolutions([id]),
        await ledger.answers([id]),
      ];
      const shown = { ...shownSubmission(submission), ...shownAnswer(answer) };
      const facts = factsText(shown, config.SOCIOMILE_TIME_ZONE);
      return {
        text: `${facts}\n\n${table(RESOLUTION, resolutions, Infinity, Infinity)}`.trimEnd(),
        data: { submission: { ...shown, resolutions } },
      };
    }),
);

export const find = createCommand(
  searchable(form("find", "Finds tickets and submissions by one number or id.")),
  (options) => {
    const wanted = wantedBy(options);
    return onLedger(async (ledger) => {
      const { reference } = wanted;
      const [ids = []] = reference ? await ledger.ticketIdsByReference([reference]) : [[wanted.ticketId]];
      const query = { ...ANY_SUBMISSION, ...wanted, first: PAGE_SIZE.default, after: null };
      return foundReport(ledger, ids, await pageOf(ledger, query));
    });
  },
);

/** Reports tickets and submissions. */
export async function foundReport(ledger: Ledger, ticketIds: string[], { items, hasMore }: Page) {
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

/** Longest sentence in the table. JSON has all of it. */
const SENTENCE = 120;
const instantOf = (epochMilliseconds: number) => ({ epochMilliseconds });
const ANSWER: Columns<AnswerGroup> = {
  COUNT: ({ count }) => count,
  HTTP: ({ status }) => status,
  OUTCOME: ({ outcome }) => outcome,
  SENTENCE: ({ message }) => message ?? "(none)",
  FIRST: ({ firstAt }) => timeOf(instantOf(firstAt)),
  LAST: ({ lastAt }) => timeOf(instantOf(lastAt)),
  EXAMPLE: ({ example }) => example,
};

/** Shows the vendor's sentences that were refusals or were not understood, so that unknown refusals can be taught. */
export const answers = createCommand(
  form("answers", "Groups Sociomile's words in refusals and in answers that were not understood."),
  () =>
    async ({ address }) => {
      const { groups, unreadable } = await answersIn(address);
      const timed = groups.map((group) => ({
        ...group,
        firstAt: instantOf(group.firstAt),
        lastAt: instantOf(group.lastAt),
      }));
      const none = "Sociomile has refused nothing, and was always understood.";
      return {
        text: table(ANSWER, groups, undefined, SENTENCE) || none,
        data: { answers: timed, unreadable },
        refusal: unreadable > 0 ? `${unreadable} answers cannot be read: look with \`verify\`.` : "",
      };
    },
);

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
  ({ from = EARLIEST, to = Temporal.Now.instant(), csv }) =>
    onLedger(async (ledger) => {
      const found = await ledger.verdicts(from, to);
      const text = csv ? csvOf(found) : table(VERDICT, found) || "There are no verdicts.";
      return { text, data: { verdicts: found } };
    }),
);
