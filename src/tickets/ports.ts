/**
 * Promises of the ledger and of the ticketing system to the decisions in this room. `src/ledger` and `src/sociomile` keep them, and app.ts joins them. It
 * never says how either works.
 */
import { enumOf } from "./enum-of.ts";
import meanings from "./meanings.json" with { type: "json" };
import type { SubmittedDetails } from "./operations.ts";
import type { NotExecuted, NotExecutedReason, Outcome, VendorAnswer } from "./outcome.ts";
import type { TicketReference } from "./fields/references.ts";
import type { TicketOperation, TicketRequest, WhenUnavailable } from "./request.ts";
import type {
  Action,
  OperatorChange,
  Submission,
  SubmissionReason,
  SubmissionState,
  Verdict,
} from "./submission.ts";
import type { Ticket } from "./ticket.ts";

/** Client and submission of a request, and its times, in milliseconds of the monotonic clock. */
export interface Sender {
  clientId: string;
  submissionId: string;
  /** Time of the decision to send. The request leaves soon after it, or not at all. */
  decidedAt: number;
  /** Time by which the answer must be here. */
  answerBy: number;
}

export interface Sent {
  outcome: Outcome;
  /** Number of tries to reach the vendor. */
  tries: number;
  /** Answer that was refused or not understood, if it was. */
  answer?: VendorAnswer | null;
}

/** The system of the tickets: Sociomile, as this service sees it. */
export interface TicketingSystem {
  /** Returns the outcome of a request that would not be tried now. Null: it would be. */
  declines(sender: Pick<Sender, "clientId" | "answerBy">): NotExecuted | null;
  /** Largest number of deliveries that may be under way now. Deliveries leave most calls to callers who wait. */
  readonly deliveryLimit: number;
  /** Number of requests that would be sent now without waiting. */
  readonly freeCalls: number;
  /** Sends the request once, and again only when certainly nothing was sent or done. Never rejects: every behaviour is one of four outcomes. */
  send(request: TicketRequest, sender: Sender): Promise<Sent>;
  /** Uses new connections from now on. Calls under way finish on the old ones, where an answer to another request may still arrive. */
  renewConnections(): void;
}

/** A request that a client wants to be sent. */
export interface Intent {
  clientId: string;
  /** Id of the person who asks for it. Null: unknown. */
  requestedBy: string | null;
  /** Null: of an update alone, which sets the same status when it is sent twice. */
  idempotencyKey: string | null;
  request: TicketRequest;
  /** True: nothing is sent while another create of the operation holds the same number. */
  unlessAlreadyOpened: boolean;
  /** Of creates. A status that nobody waits for would overwrite later ones, so updates FAIL. */
  whenUnavailable: WhenUnavailable;
}

export type SubmissionKey = Pick<Submission, "clientId" | "operation"> & { idempotencyKey: string };

/** A request that this process, and nobody else, sends now. The ledger that made this object gets it back in `settle`. */
export interface Reserved {
  submission: Submission;
  /** Time of the decision to send, in milliseconds of the monotonic clock. */
  decidedAt: number;
}

/** Another create that holds the number of a create with unlessAlreadyOpened: its state, its client, and its ticket. Null: not known, or not yet. */
export type NumberHolder = Pick<Submission, "state" | "ticketId" | "clientId">;

/** Answer of the ledger to an intent. */
export type Reservation =
  /** The caller, and nobody else, sends the request now. */
  | ({ type: "reserved" } & Reserved)
  /** Nothing is sent, and the key may be used again; the request is stored and will be sent later; or an earlier submission has the key. */
  | { type: "declined" | "queued" | "existing"; submission: Submission }
  /** The submission under the key has another input; or another update of the ticket, or create with the number, is being sent. Nothing was recorded. */
  | { type: "otherInput" | "busy" }
  /** Another create holds the number: it has its ticket, waits for delivery or is in doubt. Nothing was recorded. */
  | ({ type: "numberHeld" } & NumberHolder);

/** A submission after its attempt, with the ticket when it was accepted. */
export interface Settled {
  submission: Submission;
  ticket: Ticket | null;
}

/** A queued request that this process reserved. */
export interface Delivery extends Reserved {
  request: TicketRequest;
  /** Number of tries to send it before. They decide how soon it is sent again. */
  tries: number;
}

/** Time between the handing in of a request and its first delivery. A handing in that failed for its caller is undone sooner. Milliseconds. */
export const FIRST_DELIVERY_MS = 5000;
/** Longest pause between two tries of a queued request: a next try further ahead shows that the clock was set back. Milliseconds. */
export const LONGEST_PAUSE_MS = 60 * 60_000;

/** Pause until a request that was not executed is tried again, in milliseconds. `person`: until an operator says retry. Null: it is not queued. */
export type Pause = number | "person" | null;

/** Error of a ledger that is down, or slower than it may be. `reason` is a word of a closed list, for operators. */
export class LedgerUnavailable extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Largest number of tickets that one reference finds. */
export const TICKETS_A_REFERENCE = 50;

/** Client that decides about a submission, and the person at that client; null: not told. */
export interface Operator {
  by: string;
  byPerson: string | null;
  /** Version of the submission that the operator has seen: no other one is changed. Absent: any. */
  seen?: string | null | undefined;
}

/** Conditions for submissions, which hold together. Null, undefined and an empty list: any. Times are this one and later, or before this one. */
export interface SubmissionFilter {
  states?: readonly SubmissionState[] | null;
  reasons?: readonly SubmissionReason[] | null;
  operations?: readonly TicketOperation[] | null;
  clientId?: string | null;
  branchCode?: string | null;
  ticketId?: string | null;
  reference?: TicketReference | null;
  createdAfter?: Temporal.Instant | null;
  createdBefore?: Temporal.Instant | null;
  settledAfter?: Temporal.Instant | null;
  settledBefore?: Temporal.Instant | null;
  /** True: those that Sociomile accepted after an operator's verdict to the contrary. False: the others. */
  isConflicting?: boolean | null;
}

export const SubmissionOrder = enumOf(meanings.submissionOrder);
export type SubmissionOrder = keyof typeof SubmissionOrder;

/** A page of submissions, newest first unless it says otherwise. `after`: id of the last submission on the page before. */
export interface SubmissionQuery extends SubmissionFilter {
  first: number;
  after: string | null;
  orderBy?: Exclude<SubmissionOrder, "CHANGED_ASC">;
}

/** A submission with the time of its last change, in milliseconds since the epoch. */
export interface ChangedSubmission extends Submission {
  changedAt: number;
}
/** A page of submissions by their last changes. `after`: the last one on the page before, as it was then. */
export interface ChangesQuery {
  first: number;
  after: Pick<ChangedSubmission, "id" | "changedAt"> | null;
}

export type SubmissionCount = Pick<Submission, "operation" | "state" | "reason"> & { count: number };
/** A page of the submissions of one ticket, newest first. */
export type HistoryPage = Pick<SubmissionQuery, "first" | "after"> & { ticketId: string };

export interface ResolveRequest extends Operator, Pick<Action, "ticketId" | "ticketNumber"> {
  submissionId: string;
  verdict: Verdict;
  note: string;
  /** True: replaces the verdict of an earlier resolution. */
  replacesEarlier: boolean;
  /** True: the result is that of now, and nothing is changed. */
  isDryRun?: boolean;
}

export type ResolutionResult =
  | { type: "notFound" }
  | { type: "resolved"; submission: Submission }
  | { type: "notInDoubt"; submission: Submission }
  /** It is not as the operator has seen it. */
  | { type: "changed"; submission: Submission }
  | { type: "tooEarly"; submission: Submission; /** Milliseconds. */ leftMs: number }
  /** `field`: what of the verdict names the ticket of another create. `heldBy`: id of that create. */
  | { type: "held"; submission: Submission; field: "ticketId" | "ticketNumber"; heldBy: string };

/** The memory of this service. Every method but `settle` and `reserveQueued` rejects with LedgerUnavailable after a second. */
export interface Ledger {
  /** Commits the intent before anything is sent. `declined`: why nothing will be. After a rejection it is not sent, unless the process dies within seconds. */
  reserve(intent: Intent, declined?: NotExecutedReason | null): Promise<Reservation>;
  /**
   * Records the outcome of an attempt. Resolves with all that is known about its ticket when this is committed, or after a second; then recording goes
   * on in the background. Never rejects. `pauseMs`: a request that was not executed is queued, if the queue has room, and tried again after that time,
   * at most LONGEST_PAUSE_MS. `answer`: operators alone see it.
   */
  settle(
    reserved: Reserved,
    request: TicketRequest,
    outcome: Outcome,
    tries: number,
    pauseMs?: Pause,
    answer?: VendorAnswer | null,
  ): Promise<Settled>;
  /**
   * Reserves at most `most` queued creates whose time has come, oldest first. One with unlessAlreadyOpened waits while another one with its number is under
   * way or in doubt, and ends when that has a ticket. What cannot be reserved within a second is given back. Rejects with LedgerUnavailable then.
   */
  reserveQueued(most: number): Promise<Delivery[]>;
  /** Takes a queued request back. Null when it is not queued: it is being sent, or was; or it is not as its operator has seen it. */
  cancel(submissionId: string, by: Operator): Promise<Submission | null>;
  /** Makes a queued request due now. One that is over its time and waits for a person gets a new time. Null as for `cancel`, and when it ends. */
  retry(submissionId: string, by: Operator): Promise<Submission | null>;
  find(id: string): Promise<Submission | null>;
  findByKey(key: SubmissionKey): Promise<Submission | null>;
  /** Returns one page and one submission more, so that the caller sees whether there are others. */
  list(query: SubmissionQuery): Promise<Submission[]>;
  /** Returns one page and one submission more, as far as no earlier change may still be committed. One that changes again comes again. */
  changes(query: ChangesQuery): Promise<ChangedSubmission[]>;
  /** Counts submissions by operation, state and reason, the most frequent first. */
  count(filter: SubmissionFilter): Promise<SubmissionCount[]>;
  /** Returns pages of the histories of tickets, each with one submission more. */
  histories(pages: readonly HistoryPage[]): Promise<Submission[][]>;
  /** Closes the doubt about a create, or corrects a resolution, and keeps each. `waits`: not while its request may still be executed. */
  resolve(request: ResolveRequest, waits: boolean): Promise<ResolutionResult>;
  /** Returns the newest changes of each of these submissions by operators, newest first. */
  actionsOf(submissionIds: readonly string[]): Promise<Action<keyof typeof OperatorChange>[][]>;
  /** Returns the tickets with these ids, in their order; null for an unknown one. */
  tickets(ids: readonly string[]): Promise<(Ticket | null)[]>;
  /** Returns what the creates of these tickets submitted; null where no create is known. */
  submitted(ticketIds: readonly string[]): Promise<(SubmittedDetails | null)[]>;
  /** Returns what these submissions of creates submitted; null where it is not kept. */
  submittedBy(submissionIds: readonly string[]): Promise<(SubmittedDetails | null)[]>;
  /** Returns the ids of the newest tickets of each reference, at most TICKETS_A_REFERENCE of each. */
  ticketIdsByReference(references: readonly TicketReference[]): Promise<string[][]>;
  /** Deletes the data of a ticket, and leaves its submissions. `note`: why. False: there was none. */
  forgetTicket(ticketId: string, by: Operator, note?: string | null): Promise<boolean>;
  /** Deletes what a create submitted that has no ticket, also for a later acceptance, and cancels it while it is queued. False: nothing was kept. */
  forgetSubmission(submissionId: string, by: Operator, note?: string | null): Promise<boolean>;
}
