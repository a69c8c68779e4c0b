/** Decisions about a request whose key, number or ticket something has already. The ledger finds the facts; nothing here reads or writes. */
import type { NotExecutedReason, QueuedReason } from "./outcome.ts";
import type { Intent } from "./ports.ts";
import type { Submission, SubmissionState } from "./submission.ts";

/** State and reason in which a new request begins. */
export type Beginning =
  | { state: "SENDING"; reason: null }
  | { state: "QUEUED"; reason: QueuedReason }
  | { state: "NOT_EXECUTED"; reason: NotExecutedReason };

/** Requests of one ticket that are open, without the one that is decided about. */
export interface OpenUpdates {
  isSending: boolean;
  queued: number;
}

/** Most updates of one ticket in the queue. Each that is handed in reads them all. */
const MOST_QUEUED = 100;

/**
 * Decides how a request begins. `declined`: reason for which it is known that nothing can be sent now. `hasRoom`: false when the queue is
 * full. `open`: other updates of its ticket. Null: it must wait for another update, and nothing is recorded.
 */
export function decideBeginning(
  { whenUnavailable }: Pick<Intent, "whenUnavailable">,
  declined: NotExecutedReason | null,
  hasRoom: boolean,
  open: OpenUpdates,
): Beginning | null {
  const mayWait = whenUnavailable === "DELIVER_LATER";
  const mustWait = open.isSending || (mayWait && open.queued > 0);
  if (declined === null && !mustWait) return { state: "SENDING", reason: null };
  if (mayWait && hasRoom && open.queued < MOST_QUEUED)
    return { state: "QUEUED", reason: declined ?? "OLDER_UPDATE_QUEUED" };
  if (declined !== null) return { state: "NOT_EXECUTED", reason: declined };
  return mayWait ? { state: "NOT_EXECUTED", reason: "OVERLOADED" } : null;
}

interface Found {
  submission: Pick<Submission, "state" | "conflictingTicketId">;
  hasSameInput: boolean;
  /** True: it is SENDING, and its owner died. */
  isLeaseOver: boolean;
}

/**
 * Decides how to answer a request whose key a submission has. `runAgain`: it goes on as that submission. `declined`: it would not be sent again, and nothing
 * changes. `loseOwner`: the lease ends first. `keepQueued`: that submission stays queued on behalf of this caller.
 */
export function answerToKey({ submission, hasSameInput, isLeaseOver }: Found, begins: SubmissionState) {
  if (!hasSameInput) return "otherInput";
  const { state, conflictingTicketId } = submission;
  if (state === "QUEUED") return "keepQueued";
  if (state === "SENDING") return isLeaseOver ? "loseOwner" : "existing";
  if (state !== "NOT_EXECUTED" || conflictingTicketId !== null) return "existing";
  return begins === "NOT_EXECUTED" ? "declined" : "runAgain";
}
