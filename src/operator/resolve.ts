import {
  REQUIRED_CLEAR_LINE,
  REQUIRED_LINE,
  TICKET_ID,
  TICKET_NUMBER,
} from "../tickets/fields/field-types.ts";
import type { ResolveRequest } from "../tickets/ports.ts";
import { resolving } from "../tickets/resolve.ts";
import { Verdict } from "../tickets/submission.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { COMMAND_LINE, type Command, change } from "./command.ts";
import { optionOf } from "./words.ts";

const VERDICT_OPTIONS = new Map(Object.values(Verdict).map((verdict) => [optionOf(verdict), verdict]));

function verdictCommand(name: string, isCorrection: boolean, meaning: string): Command {
  return {
    usage: [
      `${name} ID --created TICKET [--number N] --note TEXT --by NAME [--dry-run]`,
      `${name} ID --not-created --note TEXT --by NAME [--dry-run]`,
      `${name} ID --applied [--accepted-since UPDATE] --note TEXT --by NAME [--dry-run]`,
      `${name} ID --not-applied --note TEXT --by NAME [--dry-run]`,
    ],
    meaning,
    prepare(given) {
      const request = requestIn(given, isCorrection);
      return change((ledger) => resolving(ledger)(request));
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
  const verdict = VERDICT_OPTIONS.get(given.oneOf([...VERDICT_OPTIONS.keys()]))!;
  if (verdict !== "CREATED" && given.has("number"))
    throw new UsageError("--number goes only with --created.");
  if (verdict !== "APPLIED" && given.has("accepted-since"))
    throw new UsageError("--accepted-since goes only with --applied.");
  const ticketId = given.text("created", TICKET_ID);
  // The ids in Sociomile's contract are 24 hexadecimal digits. People see numbers, trace ids and submissions beside them.
  if (ticketId && !/^(?![0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$)[0-9a-z_-]{20,}$/.test(ticketId))
    throw new UsageError(
      "--created: Give the ticket's id, such as 690d950c5f287ad0ff3bd9d5, in small letters, and its number apart.",
      { cause: { rule: "NOT_AN_ID", field: "--created" } },
    );
  return {
    submissionId: given.argument(REQUIRED_LINE),
    verdict,
    ticketId,
    ticketNumber: given.text("number", TICKET_NUMBER),
    acceptedSince: given.text("accepted-since", REQUIRED_LINE),
    note: given.required("note", REQUIRED_CLEAR_LINE),
    by: COMMAND_LINE,
    byPerson: given.required("by", REQUIRED_CLEAR_LINE),
    replacesEarlier: isCorrection,
    isDryRun: given.has("dry-run"),
  };
}
