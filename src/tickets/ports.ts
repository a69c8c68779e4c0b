/** Promises of the ledger and of the ticketing system to `tickets/`. `ledger/` and `sociomile/` keep them; app.ts joins them. */
import { enumOf, type Ticket } from "./ticket.ts";
import meanings from "./meanings.json" with { type: "json" };
import type { SubmittedDetails, TicketOperation, TicketRequest, WhenUnavailable } from "./request.ts";
import type {
  NotExecuted,
  NotExecutedReason,
  Outcome,
  VendorAnswer,
  Action,
  OperatorChange,
  Submission,
  SubmissionReason,
  SubmissionState,
  Verdict,
} from "./submission.ts";
import type { TicketReference } from "./fields/references.ts";

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
  /** Answer that was refused or not understood, if it was. Operators alone see it. */
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
  /** Sends the request once, and again only when certainly nothing was sent or done. Never rejects. */
  send(request: TicketRequest, sender: Sender): Promise<Sent>;
  /** Uses new connections from now on. An answer to another request may still arrive on the old ones. */
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
  /** True: nothing is sent while another create of the operation has the same number. */
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

/** Another create that has the number of a create with unlessAlreadyOpened. `ticketId` is null while no ticket is known. */
export type OtherCreate = Pick<Submission, "state" | "ticketId" | "clientId">;

export type Reservation =
  /** The caller, and nobody else, sends the request now. */
  | ({ type: "reserved" } & Reserved)
  /** Nothing is sent: the key may be used again, the request will be sent later, or an earlier submission has the key. */
  | { type: "declined" | "queued" | "existing"; submission: Submission }
  /** Nothing is recorded: the key has another input, or another update of the ticket or create with the number is being sent. */
  | { type: "otherInput" | "busy" }
  /** Nothing is recorded: another create has the number. It has its ticket, waits for delivery or is in doubt. */
  | ({ type: "otherCreate" } & OtherCreate);

/** A submission after its attempt, with the ticket when it was accepted. */
export interface Settled {
  submission: Submission;
  ticket: Ticket | null;
}

export interface Delivery extends Reserved {
  request: TicketRequest;
  /** Time since it was handed in, in milliseconds. It decides how soon the request is sent again. */
  waitedMs: number;
}

/** Time between queueing and the first delivery. A queueing that failed for its caller is released sooner. Milliseconds. */
export const FIRST_DELIVERY_MS = 5000;
/** Longest pause between two tries of a queued request. A longer one shows that the clock was set back. Milliseconds. */
export const LONGEST_PAUSE_MS = 60 * 60_000;

/** Pause until the next try, in milliseconds. `person`: until an operator says retry. Null: the request is not queued. */
export type Pause = number | "person" | null;

/** Error of a ledger that is down, or slower than it may be. `reason` is a word of a closed list, for operators. */
export class LedgerUnavailable extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Most changes by operators that are read with a submission. */
export const MOST_ACTIONS = 20;
/** Largest number of tickets that one reference finds. */
export const TICKETS_A_REFERENCE = 50;

/** Client that decides about a submission, and the person at that client; null: unknown. */
export interface Operator {
  by: string;
  byPerson: string | null;
  /** Version of the submission that the operator has seen: no other one is changed. Absent: any. */
  seen?: string | null | undefined;
}

/** Conditions for submissions: all must be met. Null, undefined, `[]`: any. Times: from this one on, or before this one. */
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
  /** `changed`: it is not as the operator has seen it. */
  | { type: "resolved" | "notInDoubt" | "changed"; submission: Submission }
  | { type: "tooEarly"; submission: Submission; /** Milliseconds. */ leftMs: number }
  /** `field`: what of the verdict names the ticket of another create. `otherCreateId`: id of that create. */
  | { type: "otherCreate"; submission: Submission; field: "ticketId" | "ticketNumber"; otherCreateId: string };

/** The memory of this service. Every method but `settle` and `reserveQueued` rejects with LedgerUnavailable after a second. */
export interface Ledger {
  /** Commits the intent before anything is sent. `declined`: why nothing will be. A rejected one is sent only after a crash. */
  reserve(intent: Intent, declined?: NotExecutedReason | null): Promise<Reservation>;
  /**
   * Records the outcome of an attempt. Resolves after its commit, or after a second while recording goes on. Never rejects.
   * `pauseMs`: queues a request that was not executed, for at most LONGEST_PAUSE_MS.
   */
  settle(reserved: Reserved, request: TicketRequest, sent: Sent, pauseMs?: Pause): Promise<Settled>;
  /**
   * Reserves the oldest queued creates that are due. Rejects with LedgerUnavailable after a second. One with unlessAlreadyOpened
   * waits while another create with its number is being sent or in doubt, and ends when that has a ticket.
   */
  reserveQueued(most: number): Promise<Delivery[]>;
  /** Cancels a queued request. Null: it is not queued, or not as its operator has seen it. */
  cancel(submissionId: string, by: Operator): Promise<Submission | null>;
  /** Makes a queued request due now. One that waits for a person gets new time. Null as for `cancel`, and when it ends. */
  retry(submissionId: string, by: Operator): Promise<Submission | null>;
  find(id: string): Promise<Submission | null>;
  /** Returns the submissions with these ids, in their order; null for an unknown one. */
  submissions(ids: readonly string[]): Promise<(Submission | null)[]>;
  findByKey(key: SubmissionKey): Promise<Submission | null>;
  /** Returns one page and one submission more, so that the caller sees whether there are others. */
  list(query: SubmissionQuery): Promise<Submission[]>;
  /** Returns one page and one submission more, before any change that is not committed. One that changes again comes again. */
  changes(query: ChangesQuery): Promise<ChangedSubmission[]>;
  /** Counts submissions by operation, state and reason, the most frequent first. */
  count(filter: SubmissionFilter): Promise<SubmissionCount[]>;
  /** Returns pages of the histories of tickets, each with one submission more. */
  histories(pages: readonly HistoryPage[]): Promise<Submission[][]>;
  /** Closes the doubt about a create, or corrects a resolution. `waits`: refuses while the request may still be executed. */
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
}
