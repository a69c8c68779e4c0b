import {
  REQUIRED_CLEAR_LINE,
  REQUIRED_LINE,
  TICKET_ID,
  TICKET_NUMBER,
} from "../tickets/fields/field-types.ts";
import type { ResolveRequest } from "../tickets/ports.ts";
import type { Verdict } from "../tickets/submission.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { resolve as resolveDoubt, trial } from "./changes.ts";
import { type Advice, COMMAND_LINE, type Command, change } from "./command.ts";

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

/** Next step after a refusal, in the words of the command line. */
const ADVICE: Advice = {
  SUBMISSION_NOT_IN_DOUBT:
    "The command `correct` replaces the verdict of an operator, --not-created only until the key is used again.",
  TICKET_ID_TAKEN: "Look in Sociomile again. If the other verdict is wrong, correct that submission first.",
  INVALID_INPUT: "The options are --created, --not-created, --applied and --not-applied.",
};

function verdictCommand(name: string, isCorrection: boolean, meaning: string): Command {
  return {
    usage: [
      `${name} ID --created TICKET [--number N] --note TEXT --by NAME [--dry-run]`,
      `${name} ID --not-created --note TEXT --by NAME [--dry-run]`,
      `${name} ID --applied | --not-applied --note TEXT --by NAME [--dry-run]`,
    ],
    meaning,
    prepare(given) {
      const request = requestIn(given, isCorrection);
      const isDry = given.has("dry-run");
      return change((ledger) => resolveDoubt(isDry ? trial(ledger) : ledger, request), ADVICE);
    },
  };
}

export const resolve = verdictCommand(
  "resolve",
  false,
  "Closes a doubt: --created and --not-created about a create, --applied and --not-applied about an update.",
);
export const correct = verdictCommand("correct", true, "Replaces the verdict of an earlier resolution.");

function requestIn(given: Arguments, isCorrection: boolean): ResolveRequest {
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
    replacesEarlier: isCorrection,
  };
}
