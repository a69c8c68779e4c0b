import type { DeskAnswer, NotExecuted, NotExecutedReason } from "./outcome.ts";
import type { TicketRequest } from "./request.ts";
import type { Submission, SubmissionState, Verdict } from "./submission.ts";
import type { Ticket } from "./ticket.ts";

/** Whose request is sent, and since when it is to be sent. */
export interface Sender {
  clientId: string;
  /** When it was decided to send, in milliseconds of the monotonic clock. A request that cannot leave soon after it does not leave. */
  decidedAt: number;
  /** Time by which the answer must be here. Milliseconds of the monotonic clock. */
  answerBy: number;
}

/** What came of sending, and how often it was tried to reach the vendor. */
export interface Sent {
  answer: DeskAnswer;
  tries: number;
}

/** The desk where tickets are opened and moved: Sociomile, seen from here. */
export interface TicketDesk {
  /** What a request of this client would be answered now without any try; null when it would be tried. */
  turnsAway(sender: Omit<Sender, "decidedAt">): NotExecuted | null;
  /**
   * Asks once, and again only where certainly nothing was sent or done. Never rejects: whatever the vendor or the
   * network does is one of the four outcomes.
   */
  send(request: TicketRequest, sender: Sender): Promise<Sent>;
  /**
   * Uses new connections from now on. Calls under way finish on theirs, which are then closed: an answer that belongs to
   * another request may still arrive there.
   */
  renewConnections(): void;
}

/** A request about to be sent, as the ledger is asked to remember it. */
export interface Intent {
  clientId: string;
  /** Null: nothing protects this request from being sent twice. */
  idempotencyKey: string | null;
  request: TicketRequest;
}

/**
 * What the ledger says about an intent. `reserved`: the caller, and nobody else, now sends it. `declined`: nothing is sent, and
 * it may be asked again. `known`: it is an earlier one, as it stands. `otherInput`: the key stands for something else.
 */
export type Reservation =
  | {
      kind: "reserved";
      submission: Submission;
      /** When it was decided to send, in milliseconds of the monotonic clock. */ at: number;
    }
  | { kind: "declined"; submission: Submission }
  | { kind: "known"; submission: Submission }
  | { kind: "otherInput" };

export interface Settled {
  submission: Submission;
  ticket: Ticket | null;
}

/** The ledger cannot be asked now: it is down, or slower than it may be. */
export class LedgerUnavailable extends Error {}

/** A page of submissions, newest first. `after`: the id of the last one seen. */
export interface SubmissionQuery {
  state: SubmissionState | null;
  first: number;
  after: string | null;
}

/** What an operator says about a doubt. */
export interface Ruling {
  submissionId: string;
  verdict: Verdict;
  ticketId: string | null;
  ticketNumber: string | null;
  note: string;
  by: string;
}

export type RulingResult =
  | { kind: "resolved"; submission: Submission }
  | { kind: "notFound" }
  | { kind: "tooEarly"; submission: Submission; /** Milliseconds. */ leftMs: number }
  | { kind: "notInDoubt"; submission: Submission };

/** What is remembered. Every method but `settle` rejects with LedgerUnavailable when it takes more than a second. */
export interface Ledger {
  /** Commits the intent before anything is sent. `declined`: why nothing will be, where that is known already. */
  reserve(intent: Intent, declined?: NotExecutedReason | null): Promise<Reservation>;
  /**
   * Records how a reserved submission ended, and what was told about its ticket. Resolves when that is committed, or after
   * a second when the ledger cannot take it: then writing goes on in the background. Never rejects. An accepted request's
   * ticket comes back with all that is known about it.
   */
  settle(reserved: Submission, request: TicketRequest, answer: DeskAnswer, tries: number): Promise<Settled>;
  find(id: string): Promise<Submission | null>;
  /** One page and one more, so that the caller sees whether there are others. */
  list(query: SubmissionQuery): Promise<Submission[]>;
  /** Closes a doubt about a create that is at least `minAgeMs` milliseconds old. The caller has checked all else. */
  rule(submission: Submission, ruling: Ruling, minAgeMs: number): Promise<RulingResult>;
  /** The tickets with these ids, in their order; null for each that is not known. */
  tickets(ids: readonly string[]): Promise<(Ticket | null)[]>;
}
