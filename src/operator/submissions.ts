/** Submissions as operators see them: the fields that the schema shows with the scope `submission:read`. */
import type { Resolution, Submission } from "../tickets/submission.ts";
import { ageOf, timeOf } from "./printable.ts";
import { list, table } from "./table.ts";

/** Fields of a submission that the schema does not show. */
type Unshown = "ticketNumber" | "maskedTicketId" | "conflictingTicketId";
type Shown = {
  [Field in Exclude<keyof Submission, Unshown>]: Submission[Field] extends Temporal.Instant | null
    ? string | Extract<Submission[Field], null>
    : Submission[Field];
};

/** Returns a submission for programs, with the names of the schema. */
export function shownSubmission(submission: Submission): Shown {
  const {
    ticketNumber: _number,
    maskedTicketId: _masked,
    conflictingTicketId: _conflicting,
    ...shown
  } = submission;
  const { createdAt, settledAt, deliverBy } = submission;
  return {
    ...shown,
    createdAt: timeOf(createdAt),
    settledAt: settledAt && timeOf(settledAt),
    deliverBy: deliverBy && timeOf(deliverBy),
  };
}

/** Returns a resolution for programs, with the names of the schema. */
export function shownResolution(resolution: Resolution): object {
  return { ...resolution, at: timeOf(resolution.at) };
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
    `${timeOf(at)}, in Sociomile ${at.toZonedDateTimeISO(timeZone).toPlainDateTime().toString({ smallestUnit: "second" }).replace("T", " ")}`;
  return list({
    submission: submission.id,
    operation: submission.operation,
    state: reason === null ? state : `${state} (${reason})`,
    created: bothTimes(createdAt),
    [SINCE[state] ?? "settled"]: settledAt && `${bothTimes(settledAt)}, ${ageOf(settledAt)} ago`,
    "deliver by": deliverBy && bothTimes(deliverBy),
    client: submission.clientId,
    "requested by": submission.requestedBy,
    attempts: String(submission.attempts),
    ticket: submission.ticketId,
    "ticket that came after the verdict": submission.conflictingTicketId,
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

/** Writes the resolutions of a submission for people, with their whole notes. */
export function resolutionsText(resolutions: readonly Resolution[]): string {
  const rows = resolutions.map(({ at, verdict, ticketId, ticketNumber, by, byPerson, note }) => [
    timeOf(at),
    verdict,
    ticketId,
    ticketNumber,
    byPerson === null ? by : `${byPerson} (${by})`,
    note,
  ]);
  return table(["RESOLVED", "VERDICT", "TICKET", "NUMBER", "BY", "NOTE"], rows, Infinity, Infinity);
}

/** Writes the numbers and ids by which an operator finds a request in Sociomile. */
export function searchTerms(submission: Submission): string {
  const { helpdeskTicketNumber, branchComplaintNumber, branchCode, sourceTicketId, ticketId } = submission;
  const terms: [name: string, value: string | null][] = [
    ["helpdesk", helpdeskTicketNumber],
    ["complaint", branchComplaintNumber],
    ["branch", branchCode],
    ["source", sourceTicketId],
    ["ticket", ticketId],
    ["status", submission.requestedStatus],
  ];
  const known = terms.filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${value}`).join(", ");
}
