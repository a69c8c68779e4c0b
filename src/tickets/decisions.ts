/** Decisions about the outcome of a request: its submission and ticket, and what it does to its row. Pure, no I/O. */
import { withoutCardNumbers } from "./fields/card-number.ts";
import type { AcceptedTicket, Submission } from "./submission.ts";
import { isResolved } from "./submission.ts";
import type { References, TicketOperation, TicketRequest } from "./request.ts";
import { OPERATIONS, referencesOf, shownDetailsOf, submittedDetailsOf } from "./request.ts";
import type { Pause, Sent, Settled } from "./ports.ts";
import { BARE, type Ticket } from "./ticket.ts";

export interface Ending extends Sent {
  reserved: Submission;
  request: TicketRequest;
  pauseMs: Pause;
}

/** Returns the submission as an outcome leaves it, with its ticket. `at`: end of the attempt. */
export function applyOutcome({ reserved, request, outcome, tries, pauseMs }: Ending, at: Temporal.Instant): Settled {
  const attempts = reserved.attempts + tries - 1; // the reservation counted one, which may not have been made
  const settled = (changes: Partial<Submission>, ticket: Ticket | null = null) => ({
    submission: { ...reserved, attempts, settledAt: at, deliverBy: null, nextTryAt: null, version: null, ...changes },
    ticket,
  });
  switch (outcome.outcome) {
    case "accepted": {
      const { id: ticketId, number: ticketNumber } = outcome.ticket;
      const ticket = reportedTicket(request, outcome.ticket, at);
      return settled({ state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE", ticketId, ticketNumber }, ticket);
    }
    case "rejected": {
      const { reason, field: refusedField, traceId } = outcome;
      return settled({ state: "REJECTED", reason, refusedField, traceId });
    }
    case "notExecuted": {
      const { reason } = outcome;
      if (pauseMs === null) return settled({ state: "NOT_EXECUTED", reason });
      return settled({ state: "QUEUED", reason, deliverBy: reserved.deliverBy });
    }
    case "unknown":
      return settled({ state: "UNCERTAIN", reason: outcome.reason, traceId: outcome.traceId });
  }
}

function reportedTicket(
  request: TicketRequest,
  { id, number, details }: AcceptedTicket,
  observedAt: Temporal.Instant,
): Ticket {
  const submitted = details ? null : shownDetailsOf(submittedDetailsOf(request));
  return {
    ...bareTicket(request.operation, referencesOf(request), { id, number, observedAt }),
    createdAt: OPERATIONS[request.operation].isCreate ? observedAt : null,
    ...(details ? withoutCardNumbers(details) : submitted),
    detailsFrom: details ? "REPORTED" : submitted && "SUBMITTED",
  };
}

/** Makes a ticket without details. `operation`: of a request about it, if one is known. `references`: of such requests. */
export function bareTicket(
  operation: TicketOperation | null,
  references: References,
  known: Pick<Ticket, "id" | "number" | "observedAt">,
): Ticket {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode } = references;
  const kind = operation && OPERATIONS[operation].kind;
  return { ...BARE, ...known, bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, kind };
}

/** Turns a settled create into a doubt: another submission has the ticket id, so the answer may belong to another request. */
export function toDoubt({ submission }: Settled): Settled {
  const inDoubt = { state: "UNCERTAIN", reason: "TICKET_ID_REPEATED" } as const;
  return { submission: { ...submission, ...inDoubt, ticketId: null, ticketNumber: null }, ticket: null };
}

/** Turns a late acceptance of an update into a doubt, because another one may have been executed after it. */
export function toAnsweredLate({ submission }: Settled): Settled {
  return { submission: { ...submission, state: "UNCERTAIN", reason: "ANSWERED_LATE" }, ticket: null };
}

/**
 * Decides what an outcome does to its row, which may have changed since the reservation. `recorded`: nothing, because the row
 * has it already, or both are a doubt. `conflict`: a create has a ticket that its row does not have. `refused`: nothing explains
 * the difference, so operators must see it. `hasReservation`: the row still has the reservation of the attempt.
 */
export function decideSettlement(
  row: Submission,
  hasReservation: boolean,
  { submission, ticket }: Settled,
): "settle" | "settleLate" | "recorded" | "conflict" | "refused" {
  const { state, reason } = row;
  if (hasReservation && state === "SENDING") return "settle";
  if (hasReservation && reason === "OWNER_DIED" && submission.state !== "UNCERTAIN") return "settleLate";
  if (ticket !== null && OPERATIONS[row.operation].isCreate) {
    const isKnown = ticket.id === row.ticketId || ticket.id === row.conflictingTicketId;
    return isKnown || (hasReservation && reason === "TICKET_ID_REPEATED") ? "recorded" : "conflict";
  }
  if (state === submission.state || reason === "ANSWERED_LATE") return "recorded";
  if (!hasReservation || isResolved(row)) return submission.state === "CONFIRMED" ? "refused" : "recorded";
  if (submission.state === "QUEUED" && state === "NOT_EXECUTED") return "recorded"; // it has left the queue, or found it full
  return submission.state === "UNCERTAIN" ? "recorded" : "refused";
}
