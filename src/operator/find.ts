import { TICKET_ID } from "../tickets/fields/field-types.ts";
import { ANY_SUBMISSION, type Ledger, type SubmissionFilter } from "../tickets/ports.ts";
import { type TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import type { Given } from "./arguments.ts";
import type { Command } from "./command.ts";
import { timeOf } from "./printable.ts";
import { shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";

/** Most submissions that are listed. */
const SUBMISSIONS = 100;

/** Options that name a number or id, with its type. `ticket` is Sociomile's own id. */
const REFERENCES = {
  "helpdesk-number": "HELPDESK_TICKET_NUMBER",
  "branch-complaint-number": "BRANCH_COMPLAINT_NUMBER",
  "source-id": "SOURCE_TICKET_ID",
  "masked-id": "MASKED_TICKET_ID",
  "bsg-id": "BSG_TICKET_ID",
  "sociomile-number": "SOCIOMILE_TICKET_NUMBER",
} as const satisfies Record<string, TicketReferenceType>;
const OPTIONS = [...(Object.keys(REFERENCES) as (keyof typeof REFERENCES)[]), "ticket"] as const;

/** Finds tickets and submissions by a number or id that people know. */
export const find: Command = {
  argument: null,
  options: Object.fromEntries(OPTIONS.map((name) => [name, "text"])),
  usage: OPTIONS.map((name) => `find --${name} VALUE`),
  meaning: "Finds tickets and submissions by one number or id; --ticket takes Sociomile's id.",
  prepare(given) {
    const wanted = wantedBy(given);
    return async ({ ledger: { open }, width }) => {
      await using ledger = await open();
      const tickets = await ticketsOf(wanted, ledger);
      const inDoubt = tickets.length > 0 ? await ledger.statusesInDoubt(tickets.map(({ id }) => id)) : [];
      const found = await ledger.list({ ...ANY_SUBMISSION, ...wanted, first: SUBMISSIONS, after: null });
      const submissions = found.slice(0, SUBMISSIONS);
      const hasMore = found.length > SUBMISSIONS;
      const texts = [ticketsText(tickets, width), submissionsText(submissions, width)].filter(Boolean);
      if (hasMore) texts.push("There are more submissions.");
      return {
        text: texts.join("\n\n") || "No ticket and no submission has it.",
        data: {
          tickets: tickets.map((ticket, nth) => ({
            ...shownTicket(ticket),
            statusInDoubt: inDoubt[nth] ?? null,
          })),
          submissions: submissions.map(shownSubmission),
          hasMore,
        },
      };
    };
  },
};

/** Conditions of a search. One of them is null. */
type Wanted = Pick<SubmissionFilter, "ticketId" | "reference">;

function wantedBy(given: Given): Wanted {
  const option = given.oneOf(OPTIONS);
  if (option === "ticket") return { ticketId: given.text(option, TICKET_ID), reference: null };
  const type = REFERENCES[option];
  return { ticketId: null, reference: { type, value: given.required(option, fieldTypeOf(type)) } };
}

async function ticketsOf({ ticketId, reference }: Wanted, ledger: Ledger): Promise<Ticket[]> {
  if (reference) return (await ledger.ticketsByReference([reference]))[0] ?? [];
  const [ticket] = await ledger.tickets(ticketId === null ? [] : [ticketId]);
  return ticket ? [ticket] : [];
}

/** Returns a ticket without personal data, as operators may see it. */
function shownTicket(ticket: Ticket) {
  const { id, number, kind, status, bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode } =
    ticket;
  return {
    id,
    number,
    kind,
    status,
    bsgTicketId,
    helpdeskTicketNumber,
    branchComplaintNumber,
    branchCode,
    observedAt: timeOf(ticket.observedAt),
  };
}

function ticketsText(tickets: readonly Ticket[], width: number): string {
  if (tickets.length === 0) return "";
  const rows = tickets.map(({ id, number, kind, status, observedAt }) => [
    id,
    number,
    kind,
    status,
    timeOf(observedAt),
  ]);
  return table(["TICKET", "NUMBER", "KIND", "STATUS", "OBSERVED"], rows, width);
}

function submissionsText(submissions: readonly Submission[], width: number): string {
  if (submissions.length === 0) return "";
  const rows = submissions.map(({ id, createdAt, operation, state, reason, ticketId }) => [
    id,
    timeOf(createdAt),
    operation,
    state,
    ticketId,
    reason,
  ]);
  return table(["SUBMISSION", "CREATED", "OPERATION", "STATE", "TICKET", "REASON"], rows, width);
}
