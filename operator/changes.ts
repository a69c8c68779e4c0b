/** Commands that change submissions: verdicts, and decisions about what waits for delivery. */
import type { SqlLedger } from "../src/ledger/ledger.ts";
import type { Problem } from "../src/errors.ts";
import {
  type DecideQueued,
  type QueuedResult,
  createCancel,
  createRetry,
  type ResolveResult,
  createResolve,
} from "../src/tickets/resolve.ts";
import { TICKET_NUMBER } from "../src/tickets/fields/field-types.ts";
import { LedgerUnavailable } from "../src/tickets/ports.ts";
import { isResolved } from "../src/tickets/submission.ts";
import { BY, DRY_RUN, UsageError, clearLine, form, line, oneOf, readAs, readTicketId } from "./arguments.ts";
import { type Work, createCommand, onLedger, operatorNamed } from "./command.ts";
import { allOf, shownSubmission } from "./list.ts";
import { durationOf } from "./output.ts";
import { factsOf } from "./show.ts";

export const resolve = createCommand(
  form("resolve", "Closes the doubt about a create with a verdict, or corrects one.")
    .argument("<id>", "id of the submission", line)
    .option("--created <ticket>", "this ticket exists, by its id", readTicketId)
    .option("--number <n>", "number of the ticket that exists", readAs(TICKET_NUMBER))
    .option("--not-created", "there is no ticket")
    .option("--correct", "replace an earlier verdict")
    .requiredOption("--note <text>", "reason, without personal data", clearLine)
    .requiredOption(...BY)
    .option(...DRY_RUN),
  ({ created: ticketId = null, number: ticketNumber = null, note, by, ...options }, [submissionId]) => {
    const [option] = oneOf({ ...options, created: ticketId ?? undefined }, ["created", "not-created"]);
    if (option !== "created" && ticketNumber !== null) throw new UsageError("--number goes only with --created.");
    const verdict = option === "created" ? "CREATED" : "NOT_CREATED";
    const { correct: replacesEarlier = false, dryRun: isDryRun = false } = options;
    const decision = { submissionId, verdict, ticketId, ticketNumber, note, replacesEarlier, isDryRun } as const;
    return reported((ledger) => createResolve(ledger)({ ...decision, ...operatorNamed(by) }));
  },
);

export const retry = createQueueCommand(
  "retry",
  "Lets what waits for delivery be tried now, one submission or all.",
  "due",
  createRetry,
);

export const cancel = createQueueCommand(
  "cancel",
  "Takes back what waits for delivery, one submission or all. Keys may be used again.",
  "taken back",
  createCancel,
);

/** Makes a command about one submission that waits for delivery, or about all. `done`: what they are then. */
function createQueueCommand(name: string, meaning: string, done: string, create: (ledger: SqlLedger) => DecideQueued) {
  const own = form(name, meaning)
    .argument("[id]", "id of the submission", line)
    .option("--all-queued", "all that wait for delivery, in place of one")
    .requiredOption(...BY)
    .option(...DRY_RUN);
  return createCommand(own, ({ by, allQueued = false, dryRun: isDryRun = false }, [id]) => {
    if ((id === undefined) !== allQueued) throw new UsageError("Give the id of a submission, or --all-queued.");
    const operator = { ...operatorNamed(by), isDryRun };
    if (id !== undefined) return reported((ledger) => create(ledger)(id, operator));
    return onLedger(async (ledger) => {
      const [ids, left]: [string[], string[]] = [[], []];
      for (const queued of await allOf(ledger, { states: ["QUEUED"], orderBy: "CREATED_ASC" })) {
        const { problems } = await create(ledger)(queued.id, operator); // others may be faster
        (problems.length === 0 ? ids : left).push(queued.id);
      }
      const refusal = left.map((one) => `${one} is left as it is. Look with \`show\`.`).join("\n");
      return {
        text: `${ids.length} ${isDryRun ? "would be" : "are"} ${done}.`,
        data: { ids, left },
        refusal,
      };
    });
  });
}

/** Reports a decision about one submission. Rejects with LedgerUnavailable when nobody knows the result. */
function reported(decide: (ledger: SqlLedger) => Promise<QueuedResult & Partial<ResolveResult>>): Work {
  return onLedger(async (ledger, { config }) => {
    const { submission, problems, ...more } = await decide(ledger);
    if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE")) {
      const fault = `The ledger failed (${more.ledgerFault}). \`check\` may tell why.`;
      throw new LedgerUnavailable("SLOW", `${fault} Look with \`show\` before you repeat the command.`);
    }
    const isLate = submission && problems.some(({ code }) => /_(?:NOT_IN_DOUBT|CHANGED)$/.test(code));
    const [actions = []] = isLate && isResolved(submission) ? await ledger.actionsOf([submission.id]) : [];
    const newest = actions.find(({ verdict }) => verdict !== null);
    const faster = newest && `${newest.person ?? newest.client} has decided: ${newest.verdict}.`;
    const shown = submission && shownSubmission(submission);
    return {
      text: shown ? factsOf(shown, config) : "",
      data: { submission: shown, problems, ...more },
      refusal: [faster, ...problems.map(reasonOf)].filter(Boolean).join(" "),
    };
  });
}

function reasonOf({ code, message, retryAfterSeconds: seconds }: Problem): string {
  const advice =
    code === "SUBMISSION_NOT_IN_DOUBT" &&
    "`resolve --correct` replaces the verdict of an operator, --not-created only until the key is used again.";
  const wait = seconds !== null && `Repeat the command in ${durationOf(seconds, Math.ceil)}.`;
  return [message, advice, wait].filter(Boolean).join(" ");
}
