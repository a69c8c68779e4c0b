/** Submissions and tickets as operators see them: without personal data, and of a submission what the scope `submission:read` shows. */
import { type Resolution, type Submission, type SubmissionState, UNSHOWN } from "../tickets/submission.ts";
import type { Ticket, TicketStatus } from "../tickets/ticket.ts";
import { ageOf, timeOf } from "./printable.ts";
import { type Columns, namedValues } from "./table.ts";

/** Fields of a submission that nobody is shown. */
const HIDDEN: ReadonlySet<string> = new Set(UNSHOWN);

/** Returns a submission for programs, with the names of the schema. */
export function shownSubmission(submission: Submission): object {
  return Object.fromEntries(Object.entries(submission).filter(([name]) => !HIDDEN.has(name)));
}

export interface FoundTicket extends Ticket {
  statusInDoubt: TicketStatus | null;
}

/** Returns a ticket for programs, with the names of the schema. */
export function shownTicket({ id, number, kind, status, observedAt, ...ticket }: FoundTicket): object {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, statusInDoubt } = ticket;
  const references = { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode };
  return { id, number, kind, status, ...references, observedAt, statusInDoubt };
}

/** Name of the time since which a submission has its state. */
const SINCE: Partial<Record<Submission["state"], string>> = {
  UNCERTAIN: "in doubt since",
  QUEUED: "queued since",
};

/** Writes one submission for people. `timeZone` is Sociomile's, in which its screens show times. */
export function submissionText(submission: Submission, timeZone: string): string {
  const { state, reason, createdAt, settledAt, nextTryAt, deliverBy } = submission;
  const bothTimes = (at: Temporal.Instant) =>
    `${timeOf(at)}, in Sociomile ${at.toString({ timeZone, smallestUnit: "second" }).slice(0, 19).replace("T", " ")}`;
  return namedValues({
    submission: submission.id,
    operation: submission.operation,
    state: reason === null ? state : `${state} (${reason})`,
    created: bothTimes(createdAt),
    [SINCE[state] ?? "settled"]: settledAt && `${bothTimes(settledAt)}, ${ageOf(settledAt)} ago`,
    "next try": nextTryAt && bothTimes(nextTryAt),
    "deliver by": deliverBy && bothTimes(deliverBy),
    client: submission.clientId,
    "requested by": submission.requestedBy,
    attempts: submission.attempts,
    ticket: submission.ticketId,
    "requested status": submission.requestedStatus,
    "bank's ticket id": submission.bsgTicketId,
    "helpdesk number": submission.helpdeskTicketNumber,
    "branch complaint number": submission.branchComplaintNumber,
    branch: submission.branchCode,
    "source ticket id": submission.sourceTicketId,
    "refused field": submission.refusedField,
    "Sociomile's trace id": submission.traceId,
  });
}

/** Returns the columns of a list of submissions with one state; null: with any. A narrow terminal cuts the last ones. */
export function columnsOf(state: SubmissionState | null): Columns<Submission> {
  return {
    SUBMISSION: ({ id }) => id,
    AGE: ({ settledAt, createdAt }) => ageOf(settledAt ?? createdAt),
    ...(state === null && { STATE: ({ state: own }) => own }),
    "SEARCH FOR": searchTerms,
    OPERATION: ({ operation }) => operation,
    REASON: ({ reason }) => reason,
    ...(state === "QUEUED" && { "NEXT TRY": ({ nextTryAt }) => nextTryAt && timeOf(nextTryAt) }),
  };
}
export const TICKET: Columns<FoundTicket> = {
  TICKET: ({ id }) => id,
  NUMBER: ({ number }) => number,
  KIND: ({ kind }) => kind,
  STATUS: ({ status }) => status,
  OBSERVED: ({ observedAt }) => timeOf(observedAt),
};
export const RESOLUTION: Columns<Resolution> = {
  RESOLVED: ({ resolvedAt }) => timeOf(resolvedAt),
  VERDICT: ({ verdict }) => verdict,
  TICKET: ({ ticketId }) => ticketId,
  NUMBER: ({ ticketNumber }) => ticketNumber,
  BY: ({ resolvedBy: by, resolvedByPerson: person }) => (person === null ? by : `${person} (${by})`),
  NOTE: ({ note }) => note,
};

/** Writes the numbers and ids by which an operator finds a request in Sociomile. */
function searchTerms(submission: Submission): string {
  const { helpdeskTicketNumber, branchComplaintNumber, branchCode, sourceTicketId, ticketId } = submission;
  const terms = {
    helpdesk: helpdeskTicketNumber,
    complaint: branchComplaintNumber,
    branch: branchCode,
    source: sourceTicketId,
    ticket: ticketId,
    status: submission.requestedStatus,
  };
  const known = Object.entries(terms).filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${value}`).join(", ");
}
