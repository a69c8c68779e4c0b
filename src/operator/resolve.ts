import {
  REQUIRED_CLEAR_LINE,
  REQUIRED_LINE,
  TICKET_ID,
  TICKET_NUMBER,
} from "../tickets/fields/field-types.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import { ANY_SUBMISSION, type Ledger, type ResolveRequest } from "../tickets/ports.ts";
import { TicketOperation } from "../tickets/request.ts";
import { resolving } from "../tickets/resolve.ts";
import { Verdict } from "../tickets/submission.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { COMMAND_LINE, type Command, change } from "./command.ts";
import { optionOf } from "./words.ts";

/** Longest time for a verdict, in milliseconds. */
const RESOLVE_WITHIN_MS = 10_000;

/** Verdicts by the options that name them. */
const VERDICTS = new Map(Object.values(Verdict).map((verdict) => [optionOf(verdict), verdict]));

const CREATES = Object.values(TicketOperation).filter((operation) => OPERATIONS[operation].isCreate);

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
      return change((ledger) => {
        const deadline = performance.now() + RESOLVE_WITHIN_MS;
        const { signal: stopping } = new AbortController();
        return resolving(isDry ? trial(ledger) : ledger)(request, { deadline, stopping });
      });
    },
  };
}

export const resolve = verdictCommand(
  "resolve",
  false,
  "Closes a doubt: --created and --not-created about a create, --applied and --not-applied about an update.",
);
export const correct = verdictCommand("correct", true, "Replaces the verdict of an earlier resolution.");

/** Returns a ledger that says what a verdict would do, and changes nothing. It does not see that a correction comes too early. */
function trial(ledger: Ledger): Pick<Ledger, "find" | "resolve"> {
  return {
    find: (id) => ledger.find(id),
    async resolve(submission, { ticketId, replacesEarlier }, minAgeMs) {
      // The ledger alone knows when a doubt began whose verdict is replaced.
      const beganAt = replacesEarlier ? 0 : (submission.settledAt?.epochMilliseconds ?? 0);
      const leftMs = beganAt + minAgeMs - Date.now();
      if (leftMs > 0) return { kind: "tooEarly", submission, leftMs };
      for (const operation of ticketId === null ? [] : CREATES) {
        const creates = await ledger.list({ ...ANY_SUBMISSION, operation, ticketId, first: 1, after: null });
        const holder = creates.find(({ id }) => id !== submission.id);
        if (holder) return { kind: "taken", submission, heldBy: holder.id };
      }
      return { kind: "resolved", submission, superseded: [] };
    },
  };
}

function requestIn(given: Arguments, isCorrection: boolean): ResolveRequest {
  const verdict = VERDICTS.get(given.oneOf([...VERDICTS.keys()]))!;
  if (verdict !== "CREATED" && given.has("number"))
    throw new UsageError("--number goes only with --created.");
  const ticketId = given.text("created", TICKET_ID);
  if (ticketId !== null && isTicketNumber(ticketId))
    throw new UsageError(
      "--created: This is a ticket number. Give the ticket's id, and the number in --number.",
    );
  return {
    submissionId: given.argument(REQUIRED_LINE),
    verdict,
    ticketId,
    ticketNumber: given.text("number", TICKET_NUMBER),
    note: given.required("note", REQUIRED_CLEAR_LINE),
    by: COMMAND_LINE,
    byPerson: given.required("by", REQUIRED_CLEAR_LINE),
    replacesEarlier: isCorrection,
  };
}

/** True for what people see as a ticket's number. The ids in Sociomile's contract are 24 hexadecimal digits. */
function isTicketNumber(text: string): boolean {
  return /^\d{1,12}$/.test(text);
}
