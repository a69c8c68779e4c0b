/** Submissions and tickets as operators see them: without personal data, and of a submission what the scope `submission:read` shows. */
import type { VendorAnswer } from "../tickets/outcome.ts";
import type { Resolution, Submission, SubmissionState } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { ageOf, clocksOf, sinceOf, timeOf } from "./printable.ts";
import { type Columns, namedValues } from "./output.ts";
import { WORDS } from "./words.ts";

/** Returns a submission for programs: the fields of the schema, with its names, the ticket's number in Sociomile, and the ticket that came after a verdict to the contrary. */
export function shownSubmission({ maskedTicketId: _masked, ...shown }: Submission) {
  return shown;
}

/** Returns Sociomile's words in the last answer for programs, in fields beside those of the submission. Null: nothing is known. */
export function shownAnswer(answer: VendorAnswer | null) {
  const { status = null, contentType = null, message = null } = answer ?? {};
  return { answerStatus: status, answerContentType: contentType, answerMessage: message };
}

/** Returns a ticket for programs, with the names of the schema. */
export function shownTicket({ id, number, kind, status, observedAt, ...ticket }: Ticket): object {
  const { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode, statusInDoubt } = ticket;
  const references = { bsgTicketId, helpdeskTicketNumber, branchComplaintNumber, branchCode };
  return { id, number, kind, status, ...references, observedAt, statusInDoubt };
}

/** Writes facts about a submission for people, with the words of the page. `timeZone` is Sociomile's. */
export function factsText(
  shown: ReturnType<typeof shownSubmission> & Partial<ReturnType<typeof shownAnswer>>,
  timeZone: string,
): string {
  const named = (Object.keys(shown) as (keyof typeof shown)[]).map((name) => {
    const value = shown[name];
    return [WORDS[name][0], value instanceof Temporal.Instant ? timeText(value, timeZone) : value];
  });
  return namedValues(Object.fromEntries(named));
}

function timeText(at: Temporal.Instant, timeZone: string): string {
  const age = at.epochMilliseconds < Date.now() ? `, ${ageOf(at)} ago` : "";
  return clocksOf(new Date(at.epochMilliseconds), timeZone) + age;
}

/** Returns the columns of a list of submissions with one state; null: with any. A narrow terminal cuts the last ones. */
export function columnsOf(state: SubmissionState | null): Columns<Submission> {
  return {
    SUBMISSION: ({ id }) => id,
    AGE: (submission) => ageOf(sinceOf(submission)),
    ...(state === null && { STATE: ({ state: own }) => own }),
    "SEARCH FOR": searchTerms,
    OPERATION: ({ operation }) => operation,
    REASON: ({ reason }) => reason,
    ...(state === "QUEUED" && { "NEXT TRY": ({ nextTryAt }) => nextTryAt && timeOf(nextTryAt) }),
  };
}
export const TICKET: Columns<Ticket> = {
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
  const terms = {
    helpdesk: submission.helpdeskTicketNumber,
    complaint: submission.branchComplaintNumber,
    branch: submission.branchCode,
    source: submission.sourceTicketId,
    ticket: submission.ticketId,
    status: submission.requestedStatus,
  };
  const known = Object.entries(terms).filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${value}`).join(", ");
}
