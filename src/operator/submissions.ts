/** Submissions and tickets as operators see them: without personal data, and of a submission what the scope `submission:read` shows. */
import type { QueuedSubmission } from "../tickets/ports.ts";
import { type Resolution, type Submission, UNSHOWN } from "../tickets/submission.ts";
import type { FoundTicket } from "./lists.ts";
import { ageOf, timeOf } from "./printable.ts";
import { type Columns, namedValues } from "./table.ts";

/** Returns values for programs, with the times as text. */
export function shown(values: object): object {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Temporal.Instant ? timeOf(value) : value]),
  );
}

/** Returns a submission for programs, with the names of the schema. */
export function shownSubmission(submission: Submission): object {
  const fields = Object.entries(submission).filter(([name]) => !UNSHOWN.some((unshown) => unshown === name));
  return shown(Object.fromEntries(fields));
}

/** Returns a queued submission for programs. */
export function shownQueued({ submission, handedInAt, tries }: QueuedSubmission): object {
  return { ...shownSubmission(submission), ...shown({ handedInAt, tries }) };
}

/** Returns a ticket for programs, with the names of the schema. */
export function shownTicket({ id, number, kind, status, observedAt, ...ticket }: FoundTicket): object {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, statusInDoubt } = ticket;
  const references = { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode };
  return { id, number, kind, status, ...references, observedAt: timeOf(observedAt), statusInDoubt };
}

/** Name of the time since which a submission has its state. */
const SINCE: Partial<Record<Submission["state"], string>> = {
  UNCERTAIN: "in doubt since",
  QUEUED: "queued since",
};

/** Writes one submission for people. `timeZone` is Sociomile's, in which its screens show times. */
export function submissionText(submission: Submission, timeZone: string): string {
  const { state, reason, createdAt, settledAt, deliverBy } = submission;
  const bothTimes = (at: Temporal.Instant) =>
    `${timeOf(at)}, in Sociomile ${at.toString({ timeZone, smallestUnit: "second" }).slice(0, 19).replace("T", " ")}`;
  return namedValues({
    submission: submission.id,
    operation: submission.operation,
    state: reason === null ? state : `${state} (${reason})`,
    created: bothTimes(createdAt),
    [SINCE[state] ?? "settled"]: settledAt && `${bothTimes(settledAt)}, ${ageOf(settledAt)} ago`,
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

/** Columns of the lists. A narrow terminal cuts the last ones. */
export const DOUBT: Columns<Submission> = {
  SUBMISSION: ({ id }) => id,
  AGE: ({ settledAt }) => settledAt && ageOf(settledAt),
  "SEARCH FOR": searchTerms,
  OPERATION: ({ operation }) => operation,
  REASON: ({ reason }) => reason,
};
export const QUEUED: Columns<QueuedSubmission> = {
  SUBMISSION: ({ submission }) => submission.id,
  AGE: ({ handedInAt }) => ageOf(handedInAt),
  OPERATION: ({ submission }) => submission.operation,
  "SEARCH FOR": ({ submission }) => searchTerms(submission),
  REASON: ({ submission }) => submission.reason,
  TRIES: ({ tries }) => tries,
  "NEXT TRY": ({ submission: { nextTryAt } }) => nextTryAt && timeOf(nextTryAt),
};
export const SUBMISSION: Columns<Submission> = {
  SUBMISSION: ({ id }) => id,
  CREATED: ({ createdAt }) => timeOf(createdAt),
  OPERATION: ({ operation }) => operation,
  STATE: ({ state }) => state,
  TICKET: ({ ticketId }) => ticketId,
  REASON: ({ reason }) => reason,
};
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
