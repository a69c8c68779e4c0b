import { enumOf } from "./enum-of.ts";
import meanings from "./meanings.json" with { type: "json" };
import { NOT_EXECUTED_REASONS, REJECTION_REASONS, UNKNOWN_REASONS } from "./outcome.ts";
import type { TicketOperation } from "./request.ts";
import type { TicketStatus } from "./ticket.ts";

/** State of a submission. This service sends a submission again only when it is NOT_EXECUTED or QUEUED. */
export const SubmissionState = enumOf(meanings.submissionState);
export type SubmissionState = keyof typeof SubmissionState;

/** Reason for the state of a submission: one value for each way into a state. */
export const SubmissionReason = enumOf({
  ...meanings.confirmedReason,
  ...REJECTION_REASONS,
  ...NOT_EXECUTED_REASONS,
  ...meanings.notFoundReason,
  ...UNKNOWN_REASONS,
  ...meanings.otherReason,
});
export type SubmissionReason = keyof typeof SubmissionReason;

/** Numbers and ids by which an operator finds a request in Sociomile. No personal data. */
export const REFERENCES = [
  "ticketId",
  "bsgTicketId",
  "helpdeskTicketNumber",
  "branchComplaintNumber",
  "sourceTicketId",
  "maskedTicketId",
  "branchCode",
] as const;
export type References = Record<(typeof REFERENCES)[number], string | null>;

export const Verdict = enumOf(meanings.verdict);
export type Verdict = keyof typeof Verdict;

/** State and reason to which each verdict brings a create. */
export const VERDICTS = {
  CREATED: { state: "CONFIRMED", reason: "CREATED_SAYS_OPERATOR" },
  NOT_CREATED: { state: "NOT_EXECUTED", reason: "NOT_CREATED_SAYS_OPERATOR" },
} as const satisfies Record<Verdict, { state: SubmissionState; reason: SubmissionReason }>;

export const OPERATOR_REASONS: readonly SubmissionReason[] = Object.values(VERDICTS).map(
  ({ reason }) => reason,
);

export function isResolved({ reason }: Pick<Submission, "reason">): boolean {
  return reason !== null && OPERATOR_REASONS.includes(reason);
}

/** True for a submission about which an operator may decide once more: one that was resolved, or has a conflict. */
export function isCorrectable(one: Pick<Submission, "state" | "reason" | "conflictingTicketId">): boolean {
  return isResolved(one) || (one.conflictingTicketId !== null && one.state !== "SENDING");
}

/** An operator's decision about a doubt. */
export interface Resolution {
  verdict: Verdict;
  ticketId: string | null;
  ticketNumber: string | null;
  /** Client id of the operator. */
  resolvedBy: string;
  /** Id of the person at that client. Null: not told. */
  resolvedByPerson: string | null;
  resolvedAt: Temporal.Instant;
  /** Null: its ticket was forgotten. */
  note: string | null;
}

/** One request of one client under one key, with its state. */
export interface Submission extends References {
  /** A UUID version 7 (RFC 9562): ids sort by time. */
  id: string;
  clientId: string;
  /** Id of the person who asked first. Null: not told. */
  requestedBy: string | null;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  /** Number of tries to reach Sociomile. */
  attempts: number;
  createdAt: Temporal.Instant;
  /** Time when it reached its state: for UNCERTAIN, the beginning of the doubt. Null: it is being sent. */
  settledAt: Temporal.Instant | null;
  /** Time until which its stored request may be sent. Null: no request is stored. */
  deliverBy: Temporal.Instant | null;
  /** Time of the next attempt to send it. Null: it does not wait for delivery, or it waits until an operator says retry. */
  nextTryAt: Temporal.Instant | null;
  ticketNumber: string | null;
  /** Status that an update asks for; null for a create. */
  requestedStatus: TicketStatus | null;
  /** Our name of the field that Sociomile refused. */
  refusedField: string | null;
  traceId: string | null;
  /** Ticket that Sociomile has opened for it, although an operator had decided otherwise before. Null: there is none. */
  conflictingTicketId: string | null;
}

/** Facts by which versions of a submission differ. JSON has times as text, in whole seconds. */
type Versioned = Pick<Submission, "state" | "reason" | "attempts" | "ticketId" | "conflictingTicketId"> &
  Record<"settledAt" | "deliverBy", Temporal.Instant | string | null>;

/** Names the version of a submission. An attempt, an outcome or a verdict makes a new one; the tries of a queued request do not. */
export function versionOf(row: Versioned): string {
  const { state, reason, attempts, ticketId, conflictingTicketId } = row;
  if (state === "QUEUED") return `QUEUED ${secondOf(row.deliverBy)}`;
  return [attempts, secondOf(row.settledAt), state, reason, ticketId, conflictingTicketId].join(" ");
}

const secondOf = (time: Versioned["settledAt"]) => Math.floor(Date.parse(String(time)) / 1000);

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
