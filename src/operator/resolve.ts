import {
  REQUIRED_CLEAR_LINE,
  REQUIRED_LINE,
  TICKET_ID,
  TICKET_NUMBER,
} from "../tickets/fields/field-types.ts";
import { LedgerUnavailable, type ResolveRequest } from "../tickets/ports.ts";
import { type ResolveResult, resolving } from "../tickets/resolve.ts";
import type { Verdict } from "../tickets/submission.ts";
import { type Given, UsageError } from "./arguments.ts";
import { COMMAND_LINE, type Command } from "./command.ts";
import { durationOf } from "./printable.ts";
import { shownSubmission, submissionText } from "./submissions.ts";

/** Longest time for a verdict, in milliseconds. */
const RESOLVE_WITHIN_MS = 10_000;

const NOT_CLEAR = "The ledger did not answer in time. Look with `show` before you repeat the command";

/** Options that name a verdict. */
const VERDICTS = {
  created: "CREATED",
  "not-created": "NOT_CREATED",
  applied: "APPLIED",
  "not-applied": "NOT_APPLIED",
} as const satisfies Record<string, Verdict>;
type VerdictOption = keyof typeof VERDICTS;
/** Options that go with the ticket of --created alone. */
const ABOUT_THE_TICKET = ["number"] as const;

function verdictCommand(name: string, correct: boolean, meaning: string): Command {
  return {
    argument: "ID",
    options: {
      created: "text",
      "not-created": "flag",
      applied: "flag",
      "not-applied": "flag",
      number: "text",
      note: "text",
      by: "text",
    },
    usage: [
      `${name} ID --created TICKET [--number N] --note TEXT --by NAME`,
      `${name} ID --not-created --note TEXT --by NAME`,
      `${name} ID --applied | --not-applied --note TEXT --by NAME`,
    ],
    meaning,
    prepare(given) {
      const request = requestIn(given, correct);
      return async ({ config, ledger: { open } }) => {
        await using ledger = await open();
        const limits = {
          deadline: performance.now() + RESOLVE_WITHIN_MS,
          stopping: new AbortController().signal,
        };
        const { submission, problems } = await resolving(ledger)(request, limits);
        if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE"))
          throw new LedgerUnavailable(NOT_CLEAR);
        return {
          text: submission ? submissionText(submission, config.SOCIOMILE_TIME_ZONE) : "",
          data: { submission: submission && shownSubmission(submission), problems },
          ...(problems.length > 0 && { refusal: problems.map(reasonOf).join(" ") }),
        };
      };
    },
  };
}

export const resolve = verdictCommand(
  "resolve",
  false,
  "Closes a doubt: --created and --not-created about a create, --applied and --not-applied about an update.",
);
export const correct = verdictCommand("correct", true, "Replaces the verdict of an earlier resolution.");

function requestIn(given: Given, isCorrection: boolean): ResolveRequest {
  const option = given.oneOf(Object.keys(VERDICTS) as VerdictOption[]);
  const superfluous = ABOUT_THE_TICKET.find((name) => option !== "created" && given.has(name));
  if (superfluous !== undefined) throw new UsageError(`--${superfluous} goes only with --created.`);
  return {
    submissionId: given.argument(REQUIRED_LINE),
    verdict: VERDICTS[option],
    ticketId: given.text("created", TICKET_ID),
    ticketNumber: given.text("number", TICKET_NUMBER),
    note: given.required("note", REQUIRED_CLEAR_LINE),
    by: COMMAND_LINE,
    byPerson: given.required("by", REQUIRED_CLEAR_LINE),
    correct: isCorrection,
  };
}

/** Next step after a refusal, in the words of the command line. */
const ADVICE: Partial<Record<ResolveResult["problems"][number]["code"], string>> = {
  SUBMISSION_NOT_IN_DOUBT:
    "The command `correct` replaces the verdict of an operator, --not-created only until the key is used again.",
  TICKET_ID_TAKEN: "Look in Sociomile again. If the other verdict is wrong, correct that submission first.",
  INVALID_INPUT: "The options are --created, --not-created, --applied and --not-applied.",
};

function reasonOf({ code, message, retryAfterSeconds }: ResolveResult["problems"][number]): string {
  const wait =
    retryAfterSeconds === null ? "" : `Repeat the command in ${durationOf(retryAfterSeconds, Math.ceil)}.`;
  return [message, ADVICE[code] ?? "", wait].filter(Boolean).join(" ");
}
