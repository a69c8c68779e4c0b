/** Decisions about a request whose key, number or ticket another request has. The ledger finds the facts. Pure, no I/O. */
import type { NotExecutedReason } from "./outcome.ts";
import type { Intent } from "./ports.ts";
import type { Submission, SubmissionState } from "./submission.ts";

/** State and reason in which a new request begins. */
export type Beginning =
  { state: "SENDING"; reason: null } | { state: "QUEUED" | "NOT_EXECUTED"; reason: NotExecutedReason };

/** Decides how a request begins. `declined`: why nothing can be sent now. `entersQueue`: false when the queue is full. */
export async function decideBeginning(
  { whenUnavailable }: Pick<Intent, "whenUnavailable">,
  declined: NotExecutedReason | null,
  entersQueue: () => Promise<boolean>,
): Promise<Beginning> {
  if (declined === null) return { state: "SENDING", reason: null };
  const isQueued = whenUnavailable === "DELIVER_LATER" && (await entersQueue());
  return { state: isQueued ? "QUEUED" : "NOT_EXECUTED", reason: declined };
}

interface Found {
  submission: Pick<Submission, "state" | "conflictingTicketId">;
  hasSameInput: boolean;
  /** True: it is SENDING, and its owner died. */
  isLeaseOver: boolean;
}

/**
 * Decides how to answer a request whose key a submission has. `runAgain`: it goes on as that submission. `declined`: nothing
 * changes. `loseOwner`: the lease ends first. `keepQueued`: that submission stays queued for this caller too.
 */
export function answerToKey({ submission, hasSameInput, isLeaseOver }: Found, begins: SubmissionState) {
  if (!hasSameInput) return "otherInput";
  const { state, conflictingTicketId } = submission;
  if (state === "QUEUED") return "keepQueued";
  if (state === "SENDING") return isLeaseOver ? "loseOwner" : "existing";
  if (state !== "NOT_EXECUTED" || conflictingTicketId !== null) return "existing";
  return begins === "NOT_EXECUTED" ? "declined" : "runAgain";
}
