import { type Problem, problem } from "../errors.ts";
import type { DeskAnswer } from "./outcome.ts";
import type { TicketDesk } from "./ports.ts";
import type { TicketRequest } from "./request.ts";
import { type Ticket, NOTHING_TOLD } from "./ticket.ts";

/** What a caller gets: a ticket, or the problems that stood in its way. */
export interface Receipt {
  ticket: Ticket | null;
  problems: Problem[];
  replayed: boolean;
}

/** Sends a request to the desk and says what came of it. */
export type Submit = (request: TicketRequest) => Promise<Receipt>;

export function submitTo(desk: TicketDesk, now: () => Temporal.Instant): Submit {
  return async (request) => receiptFor(request, await desk.send(request), now());
}

function receiptFor(request: TicketRequest, answer: DeskAnswer, at: Temporal.Instant): Receipt {
  switch (answer.outcome) {
    case "accepted":
      return { ticket: ticketFrom(request, answer.report, at), problems: [], replayed: false };
    case "rejected":
      return failed(problem("SOCIOMILE_REJECTED", { field: answer.field, traceId: answer.traceId }));
    case "notExecuted":
      return failed(problem("SOCIOMILE_UNAVAILABLE", { retryAfterSeconds: answer.retryAfterSeconds }));
    case "unknown":
      return failed(problem("OUTCOME_UNKNOWN", { traceId: answer.traceId }));
  }
}

function failed(...problems: Problem[]): Receipt {
  return { ticket: null, problems, replayed: false };
}

function ticketFrom(
  request: TicketRequest,
  { id, number, details }: Extract<DeskAnswer, { outcome: "accepted" }>["report"],
  observedAt: Temporal.Instant,
): Ticket {
  return { ...NOTHING_TOLD, ...details, id, number, ...originOf(request), observedAt };
}

function originOf(request: TicketRequest): Pick<Ticket, "kind" | "bsgTicketId"> {
  switch (request.operation) {
    case "CREATE_HELPDESK_TICKET":
      return { kind: "HELPDESK", bsgTicketId: null };
    case "CREATE_VOICE_TICKET":
      return { kind: "VOICE", bsgTicketId: null };
    case "UPDATE_TICKET_STATUS":
      return { kind: null, bsgTicketId: request.details.bsgTicketId };
  }
}
