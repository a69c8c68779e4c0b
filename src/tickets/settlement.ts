import { withoutCardNumbers } from "./fields/card-number.ts";
import type { AcceptedTicket } from "./outcome.ts";
import type { Sent, Settled } from "./ports.ts";
import { OPERATIONS, type TicketRequest, submittedDetailsOf } from "./request.ts";
import { type Submission, referencesOf } from "./submission.ts";
import { NO_DETAILS, type Ticket } from "./ticket.ts";

/** An attempt that has ended. */
export interface Ending extends Sent {
  /** The submission as it was reserved. */
  reserved: Submission;
  request: TicketRequest;
  /** True: a request that was not executed is queued for later delivery. */
  isQueued: boolean;
}

/** Decides the state to which an outcome brings a submission. `at` is the end of the attempt. */
export function settledBy(
  { reserved, request, outcome, tries, isQueued }: Ending,
  at: Temporal.Instant,
): Settled {
  const submission = {
    ...reserved,
    attempts: reserved.attempts + Math.max(0, tries - 1),
    settledAt: at,
    deliverBy: null,
  };
  switch (outcome.outcome) {
    case "accepted":
      return {
        submission: {
          ...submission,
          state: "CONFIRMED",
          reason: "ACCEPTED_BY_SOCIOMILE",
          ticketId: outcome.ticket.id,
          ticketNumber: outcome.ticket.number,
        },
        ticket: reportedTicket(request, outcome.ticket, at),
      };
    case "rejected": {
      const { reason, field: refusedField, traceId } = outcome;
      return {
        submission: { ...submission, state: "REJECTED", reason, refusedField, traceId },
        ticket: null,
      };
    }
    case "notExecuted":
      return {
        submission: {
          ...submission,
          state: isQueued ? "QUEUED" : "NOT_EXECUTED",
          reason: outcome.reason,
          deliverBy: isQueued ? reserved.deliverBy : null,
        },
        ticket: null,
      };
    case "unknown":
      return {
        submission: { ...submission, state: "UNCERTAIN", reason: outcome.reason, traceId: outcome.traceId },
        ticket: null,
      };
  }
}

function reportedTicket(
  request: TicketRequest,
  { id, number, details }: AcceptedTicket,
  observedAt: Temporal.Instant,
): Ticket {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode } = referencesOf(request);
  const submitted = submittedDetailsOf(request);
  return {
    ...NO_DETAILS,
    ...(details ? withoutCardNumbers(details) : submitted),
    id,
    number,
    kind: OPERATIONS[request.operation].kind,
    bsgTicketId,
    helpdeskTicketNumber,
    branchComplaintNumber,
    branchCode,
    detailsFrom: details ? "REPORTED" : submitted && "SUBMITTED",
    observedAt,
  };
}

/** Makes a queued update void at this time, because one that was sent later has been accepted. */
export function overtaken({ submission }: Settled, settledAt: Temporal.Instant): Settled {
  const state = { state: "SUPERSEDED", reason: "LATER_UPDATE_ACCEPTED", deliverBy: null } as const;
  return { submission: { ...submission, ...state, settledAt }, ticket: null };
}

/** Turns a settled create into a doubt. Its answer holds the ticket id of another submission, so it may answer another request. */
export function doubted({ submission }: Settled): Settled {
  return {
    submission: {
      ...submission,
      state: "UNCERTAIN",
      reason: "TICKET_ID_REPEATED",
      ticketId: null,
      ticketNumber: null,
    },
    ticket: null,
  };
}
