/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Submission to take back. */
export type CancelTicketSubmissionInput = {
  /** Version that the operator saw, from `version`, or null for any: when it has changed since, nothing is done, and the problem is SUBMISSION_CHANGED. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. */
  seen?: string | null | undefined;
  /** Id of the submission. */
  submissionId: string | number;
};

/** Rule that a value of an input breaks. It lets a front end show a sentence in its own language. */
export type InputRule =
  /** The value holds a card number, and the field must not. */
  | 'CARD_NUMBER'
  /** The value has characters that cannot be shown. The message says where. */
  | 'CONTROL_CHARACTER'
  /** The value is no amount in rupiah. */
  | 'NOT_AN_AMOUNT'
  /** The value is not one e-mail address. */
  | 'NOT_AN_EMAIL'
  /** The value is no id of Sociomile. */
  | 'NOT_AN_ID'
  /** The value does not have the form H:MM:SS. */
  | 'NOT_A_DURATION'
  /** The key has other characters than A-Z a-z 0-9 _ and -, or digits alone. */
  | 'NOT_A_KEY'
  /** The value is no phone number. */
  | 'NOT_A_PHONE'
  /** The value is no date and time that exists, with a time zone. */
  | 'NOT_A_TIME'
  /** The value has other characters than digits. */
  | 'NOT_DIGITS'
  /** The value has line breaks. */
  | 'NOT_ONE_LINE'
  /** The field must not be empty. */
  | 'REQUIRED'
  /** The value has more characters than limit. */
  | 'TOO_LONG'
  /** The value has fewer characters than limit. */
  | 'TOO_SHORT';

/** Verdict on a create in doubt, from an operator who has looked in Sociomile. */
export type ResolveTicketSubmissionInput = {
  /** Note on the search and its result, which is stored with the client id and must not hold personal data. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. */
  note: string;
  /** True: the verdict replaces an earlier one. Every resolution is kept. */
  replacesEarlier?: boolean;
  /** Version that the operator saw, from `version`, or null for any: when it has changed since, nothing is done, and the problem is SUBMISSION_CHANGED. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. */
  seen?: string | null | undefined;
  /** Id of the submission. */
  submissionId: string | number;
  /** Id of the ticket in Sociomile, which the verdict CREATED requires. 1 to 255 visible ASCII characters: white space around the id is removed, and a card number is refused. */
  ticketId?: string | number | null | undefined;
  /** Number of the ticket in Sociomile. At most 19 digits, without separators; a card number is refused. */
  ticketNumber?: string | number | null | undefined;
  /** Verdict. NOT_CREATED is accepted 15 minutes after the sending: until then Sociomile may still execute the request. */
  verdict: TicketSubmissionVerdict;
};

/** Submission to deliver now. */
export type RetryTicketSubmissionInput = {
  /** Version that the operator saw, from `version`, or null for any: when it has changed since, nothing is done, and the problem is SUBMISSION_CHANGED. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. */
  seen?: string | null | undefined;
  /** Id of the submission. */
  submissionId: string | number;
};

/** Mutation that a client called. */
export type TicketOperation =
  /** Mutation createHelpdeskTicket. */
  | 'CREATE_HELPDESK_TICKET'
  /** Mutation createVoiceTicket. */
  | 'CREATE_VOICE_TICKET'
  /** Mutation updateTicketStatus. */
  | 'UPDATE_TICKET_STATUS';

/** Code of a problem. It decides what the caller does next. */
export type TicketProblemCode =
  /** Another create with the same number has opened existingTicket, which is null when the caller may not see it, or is queued and may still be cancelled or expire. Nothing was sent, and the key stays unused: ask again by the number. */
  | 'ALREADY_OPENED'
  /** This client has used the key for another input, and that request may have its ticket. This call sent nothing. Ask ticketSubmissionByKey, and go by its state. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A field breaks a rule of this schema (see rule and limit). Nothing was sent. Correct the field and send the request again; the key stays unused. */
  | 'INVALID_INPUT'
  /** Another call with the same key, another create with the same number, or another status change of the same ticket is being sent. This call sent nothing: send the same input with the same key after retryAfterSeconds. */
  | 'IN_PROGRESS'
  /** This service could not record the request, and did nothing. Send it again later, with the same key if it has one. With whenUnavailable DELIVER_LATER use no other key: in rare cases the request was stored. A verdict or a cancellation that is not retryable may stand: look at its submission first. */
  | 'LEDGER_UNAVAILABLE'
  /** Doubt about this create, or about another one with the same number when submission is null: it was sent, no clear answer came, and the ticket may exist. Never send it under a new key with unlessAlreadyOpened false: an operator looks in Sociomile, and the same key shows the outcome. */
  | 'OUTCOME_UNKNOWN'
  /** Sociomile refused the request. No ticket was created or changed. Correct the input, and send it under a new key. */
  | 'SOCIOMILE_REJECTED'
  /** Sociomile did not carry out the request, which certainly had no effect. Send it again later with the same key. */
  | 'SOCIOMILE_UNAVAILABLE'
  /** Doubt about a status change: it was sent, no clear answer came in time, and the status may have been set. Set it again at once, under a new key: that is always safe. */
  | 'STATUS_UNKNOWN'
  /** The submission has changed since the operator saw it (`seen`), and nothing was done. Show its present state, and decide again. */
  | 'SUBMISSION_CHANGED'
  /** No submission has this id. */
  | 'SUBMISSION_NOT_FOUND'
  /** The submission is not in doubt, so there is nothing to resolve. With replacesEarlier: no operator has resolved it, or its key was used again since. */
  | 'SUBMISSION_NOT_IN_DOUBT'
  /** The submission does not wait for delivery: it is being sent or was sent, it has expired, or it was never queued. Look at its state. */
  | 'SUBMISSION_NOT_QUEUED'
  /** Another create holds the ticket with this id. Look in Sociomile again. The message names the submission that holds it: if that is wrong, correct it first. */
  | 'TICKET_ID_TAKEN'
  /** Sociomile may still execute the request: NOT_CREATED comes 15 minutes after the sending. Give the verdict after retryAfterSeconds. */
  | 'TOO_EARLY';

/** Number or id by which people know a ticket. */
export type TicketReferenceInput = {
  /** Type of the number or id. */
  type: TicketReferenceType;
  /** Number or id, of the helpdesk and the branch in digits without separators. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. */
  value: string;
};

/** Type of a number by which people know a ticket. */
export type TicketReferenceType =
  /** Registration number of the complaint at the branch. It holds digits only. */
  | 'BRANCH_COMPLAINT_NUMBER'
  /** Id of the ticket at the bank, from a status update. */
  | 'BSG_TICKET_ID'
  /** Number of the ticket at the helpdesk. It holds digits only. */
  | 'HELPDESK_TICKET_NUMBER'
  /** Ticket id that customers see. */
  | 'MASKED_TICKET_ID'
  /** Ticket number that people see in Sociomile. */
  | 'SOCIOMILE_TICKET_NUMBER'
  /** Id of the ticket in the system that it came from, such as Omnix. */
  | 'SOURCE_TICKET_ID';

/** Status of a ticket, for input and output. */
export type TicketStatus =
  /** The ticket is closed. Sociomile: `Close` */
  | 'CLOSE'
  /** Somebody is working on the ticket. Sociomile: `InProgress` */
  | 'IN_PROGRESS'
  /** Work on the ticket is suspended. Sociomile: `On Hold` */
  | 'ON_HOLD'
  /** Nobody has begun to work on the ticket. Sociomile: `Open` */
  | 'OPEN'
  /** The ticket is waiting. Sociomile: `Pending` */
  | 'PENDING'
  /** The ticket is waiting for an approval. Sociomile: `Pending Approval` */
  | 'PENDING_APPROVAL';

/** Change of a submission by an operator. */
export type TicketSubmissionActionType =
  /** The queued request was taken back. */
  | 'CANCEL'
  /** An operator replaced an earlier verdict, or closed a conflict. */
  | 'CORRECTION'
  /** What was stored about its customer was deleted. */
  | 'FORGET'
  /** The queued request became due. */
  | 'RETRY'
  /** An operator closed the doubt. */
  | 'VERDICT';

/** Conditions for submissions. All hold together. Null, or an empty list, means any. */
export type TicketSubmissionFilter = {
  /** Code of the branch. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. */
  branchCode?: string | null | undefined;
  /** Id of the client that sent the request. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. */
  clientId?: string | null | undefined;
  /** Earliest time of the first call. */
  createdAfter?: string | null | undefined;
  /** Time before which the first call came. */
  createdBefore?: string | null | undefined;
  /** True: only those with a `conflictingTicketId`. False: only those without. */
  isConflicting?: boolean | null | undefined;
  /** Mutation that the client called. */
  operation?: TicketOperation | null | undefined;
  /** Reasons. */
  reasons?: Array<TicketSubmissionReason> | null | undefined;
  /** Number or id of the submission or of its ticket. */
  reference?: TicketReferenceInput | null | undefined;
  /** Earliest `settledAt`. */
  settledAfter?: string | null | undefined;
  /** Time before which `settledAt` lies. */
  settledBefore?: string | null | undefined;
  /** States. */
  states?: Array<TicketSubmissionState> | null | undefined;
  /** Id of the ticket in Sociomile. 1 to 255 visible ASCII characters: white space around the id is removed, and a card number is refused. */
  ticketId?: string | number | null | undefined;
};

/** Order of a list of submissions. */
export type TicketSubmissionOrder =
  /** Oldest last change first, for programs that follow all changes: without a filter, and without the changes of the last seconds. When a page is empty, keep the cursor that you have and ask again. */
  | 'CHANGED_ASC'
  /** Oldest first call first. */
  | 'CREATED_ASC'
  /** Newest first call first. */
  | 'CREATED_DESC';

/** Reason for the state of a submission, for operators and logs: what front ends do next depends on the state alone. */
export type TicketSubmissionReason =
  /** CONFIRMED: Sociomile accepted the request. */
  | 'ACCEPTED_BY_SOCIOMILE'
  /** NOT_EXECUTED: while the request was queued, another create with its number opened a ticket. A call with the same key shows that ticket. */
  | 'ALREADY_OPENED'
  /** UNCERTAIN: Sociomile accepted the update, and its answer was read so late that another update of the ticket may have been executed after it. */
  | 'ANSWERED_LATE'
  /** UNCERTAIN: Sociomile gave an answer that its document does not describe. */
  | 'ANSWER_NOT_UNDERSTOOD'
  /** UNCERTAIN: the request was sent, and no answer came in time. */
  | 'ANSWER_TIMED_OUT'
  /** NOT_EXECUTED: the queued request was taken back. */
  | 'CANCELLED'
  /** NOT_EXECUTED or QUEUED: Sociomile was failing, and this service paused its requests. */
  | 'CIRCUIT_OPEN'
  /** UNCERTAIN: the request was sent, and the connection broke before an answer came. */
  | 'CONNECTION_LOST'
  /** CONFIRMED: an operator found the ticket in Sociomile. */
  | 'CREATED_SAYS_OPERATOR'
  /** NOT_EXECUTED: Sociomile did not take the queued request in time. */
  | 'DELIVERY_EXPIRED'
  /** NOT_EXECUTED: an operator found no ticket in Sociomile. */
  | 'NOT_CREATED_SAYS_OPERATOR'
  /** NOT_EXECUTED or QUEUED: it was too late to send the request. The mutations before it in the document had used the time, or this service was delayed or was stopping. */
  | 'NOT_SENT_IN_TIME'
  /** NOT_EXECUTED or QUEUED: too many requests to Sociomile were in progress. */
  | 'OVERLOADED'
  /** UNCERTAIN: the process that sent the request ended before an answer came. */
  | 'OWNER_DIED'
  /** REJECTED: Sociomile named a field with a wrong value. */
  | 'REFUSED_BY_SOCIOMILE'
  /** NOT_EXECUTED: the stored request was damaged and could not be sent. */
  | 'REQUEST_UNREADABLE'
  /** NOT_EXECUTED or QUEUED: the certificate of Sociomile is invalid. */
  | 'SOCIOMILE_CERTIFICATE_INVALID'
  /** NOT_EXECUTED or QUEUED: Sociomile, or the proxy on the way to it, refused the settings of this service. */
  | 'SOCIOMILE_SETTINGS_REFUSED'
  /** NOT_EXECUTED or QUEUED: Sociomile asked for fewer requests. */
  | 'SOCIOMILE_THROTTLED'
  /** NOT_EXECUTED or QUEUED: no connection to Sociomile could be opened. */
  | 'SOCIOMILE_UNREACHABLE'
  /** UNCERTAIN: the answer held the ticket id of another submission or of a forgotten ticket, so it may be the answer to another request. */
  | 'TICKET_ID_REPEATED'
  /** REJECTED: the request was too large for Sociomile. */
  | 'TOO_LARGE_FOR_SOCIOMILE';

/** State of a submission. */
export type TicketSubmissionState =
  /** Sociomile accepted the request, or an operator found its ticket. This state is final. */
  | 'CONFIRMED'
  /** The request certainly had no effect. A call with the same key sends it again. */
  | 'NOT_EXECUTED'
  /** The request is stored, and this service sends it when Sociomile takes it. Until then it can be cancelled. Only creates wait so. */
  | 'QUEUED'
  /** Sociomile refused the request, and nothing was done. This state is final. */
  | 'REJECTED'
  /** The request is being sent. */
  | 'SENDING'
  /** Doubt: nobody knows whether the request had an effect. This service never sends it again. A status may be set again at once, under a new key. */
  | 'UNCERTAIN';

/** Result of an operator's search in Sociomile. */
export type TicketSubmissionVerdict =
  /** The ticket of the create exists. */
  | 'CREATED'
  /** The create made no ticket. */
  | 'NOT_CREATED';

export type RowFragment = { id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null };

export type PageFragment = { edges: Array<{ cursor: string, node: { id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null } }>, pageInfo: { hasNextPage: boolean } };

export type DetailsFragment = { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> };

export type LookQueryVariables = Exact<{
  filter: TicketSubmissionFilter;
  second?: TicketSubmissionFilter | null | undefined;
  isTwo: boolean;
  orderBy: TicketSubmissionOrder;
  after?: string | null | undefined;
  yesterday: string;
  id: string | number;
  isOne: boolean;
}>;


export type LookQuery = { first: { edges: Array<{ cursor: string, node: { id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null } }>, pageInfo: { hasNextPage: boolean } } | null, second?: { edges: Array<{ cursor: string, node: { id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null } }>, pageInfo: { hasNextPage: boolean } } | null, waiting: Array<{ operation: TicketOperation, state: TicketSubmissionState, count: number }> | null, conflicts: Array<{ count: number }> | null, expired: Array<{ count: number }> | null, helpdesk: { nodes: Array<{ state: TicketSubmissionState, settledAt: string | null, createdAt: string }> } | null, voice: { nodes: Array<{ state: TicketSubmissionState, settledAt: string | null, createdAt: string }> } | null, queue: { nodes: Array<{ state: TicketSubmissionState, settledAt: string | null, createdAt: string }> } | null, shown?: { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> } | null };

export type OldestFragment = { nodes: Array<{ state: TicketSubmissionState, settledAt: string | null, createdAt: string }> };

export type ShowQueryVariables = Exact<{
  id: string | number;
}>;


export type ShowQuery = { shown: { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> } | null };

export type AskedQueryVariables = Exact<{
  id: string | number;
  isPersonal: boolean;
  same: TicketSubmissionFilter;
}>;


export type AskedQuery = { asked?: { submitted:
      | { customerName: string, customerEmail: string | null, content: string }
      | { customerPhone: string, subject: string | null, firstStreamText: string | null, customerName: string, customerEmail: string, content: string }
     | null } | null, others: { nodes: Array<{ id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null }> } | null };

export type PhonesQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type PhonesQuery = { doubts: { nodes: Array<{ id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, submitted:
        | { customerPhone: string }
        | Record<PropertyKey, never>
       | null }> } | null };

export type ResolveMutationVariables = Exact<{
  input: ResolveTicketSubmissionInput;
}>;


export type ResolveMutation = { done: { submission: { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null }> } | null };

export type RetryMutationVariables = Exact<{
  input: RetryTicketSubmissionInput;
}>;


export type RetryMutation = { done: { submission: { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null }> } | null };

export type CancelMutationVariables = Exact<{
  input: CancelTicketSubmissionInput;
}>;


export type CancelMutation = { done: { submission: { requestedBy: string | null, refusedField: string | null, traceId: string | null, id: string, version: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, clientId: string, createdAt: string, settledAt: string | null, nextTryAt: string | null, deliverBy: string | null, attempts: number, ticketId: string | null, conflictingTicketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null, requestedStatus: TicketStatus | null, actions: Array<{ type: TicketSubmissionActionType, verdict: TicketSubmissionVerdict | null, ticketId: string | null, ticketNumber: string | null, by: string | null, byPerson: string | null, at: string, note: string | null }> } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null }> } | null };

type Problem_CancelTicketSubmissionProblem_Fragment = { message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null };

type Problem_CreateTicketProblem_Fragment = { message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null };

type Problem_ResolveTicketSubmissionProblem_Fragment = { message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null };

type Problem_RetryTicketSubmissionProblem_Fragment = { message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null };

type Problem_UpdateTicketStatusProblem_Fragment = { message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null };

export type ProblemFragment =
  | Problem_CancelTicketSubmissionProblem_Fragment
  | Problem_CreateTicketProblem_Fragment
  | Problem_ResolveTicketSubmissionProblem_Fragment
  | Problem_RetryTicketSubmissionProblem_Fragment
  | Problem_UpdateTicketStatusProblem_Fragment
;

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const RowFragmentDoc = new TypedDocumentString(`
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
    `, {"fragmentName":"Row"}) as unknown as TypedDocumentString<RowFragment, unknown>;
export const PageFragmentDoc = new TypedDocumentString(`
    fragment Page on TicketSubmissionConnection {
  edges {
    cursor
    node {
      ...Row
    }
  }
  pageInfo {
    hasNextPage
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}`, {"fragmentName":"Page"}) as unknown as TypedDocumentString<PageFragment, unknown>;
export const DetailsFragmentDoc = new TypedDocumentString(`
    fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}`, {"fragmentName":"Details"}) as unknown as TypedDocumentString<DetailsFragment, unknown>;
export const OldestFragmentDoc = new TypedDocumentString(`
    fragment Oldest on TicketSubmissionConnection {
  nodes {
    state
    settledAt
    createdAt
  }
}
    `, {"fragmentName":"Oldest"}) as unknown as TypedDocumentString<OldestFragment, unknown>;
export const ProblemFragmentDoc = new TypedDocumentString(`
    fragment Problem on TicketProblem {
  message
  field
  rule
  limit
  retryAfterSeconds
}
    `, {"fragmentName":"Problem"}) as unknown as TypedDocumentString<ProblemFragment, unknown>;
export const LookDocument = new TypedDocumentString(`
    query Look($filter: TicketSubmissionFilter!, $second: TicketSubmissionFilter, $isTwo: Boolean!, $orderBy: TicketSubmissionOrder!, $after: String, $yesterday: DateTime!, $id: ID!, $isOne: Boolean!) {
  first: ticketSubmissions(
    first: 100
    filter: $filter
    orderBy: $orderBy
    after: $after
  ) {
    ...Page
  }
  second: ticketSubmissions(
    first: 100
    filter: $second
    orderBy: $orderBy
    after: $after
  ) @include(if: $isTwo) {
    ...Page
  }
  waiting: ticketSubmissionCounts(filter: {states: [UNCERTAIN, QUEUED]}) {
    operation
    state
    count
  }
  conflicts: ticketSubmissionCounts(filter: {isConflicting: true}) {
    count
  }
  expired: ticketSubmissionCounts(
    filter: {reasons: [DELIVERY_EXPIRED], settledAfter: $yesterday}
  ) {
    count
  }
  helpdesk: ticketSubmissions(
    first: 1
    filter: {states: [UNCERTAIN], operation: CREATE_HELPDESK_TICKET}
    orderBy: CREATED_ASC
  ) {
    ...Oldest
  }
  voice: ticketSubmissions(
    first: 1
    filter: {states: [UNCERTAIN], operation: CREATE_VOICE_TICKET}
    orderBy: CREATED_ASC
  ) {
    ...Oldest
  }
  queue: ticketSubmissions(
    first: 1
    filter: {states: [QUEUED]}
    orderBy: CREATED_ASC
  ) {
    ...Oldest
  }
  shown: ticketSubmission(id: $id) @include(if: $isOne) {
    ...Details
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
fragment Page on TicketSubmissionConnection {
  edges {
    cursor
    node {
      ...Row
    }
  }
  pageInfo {
    hasNextPage
  }
}
fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}
fragment Oldest on TicketSubmissionConnection {
  nodes {
    state
    settledAt
    createdAt
  }
}`) as unknown as TypedDocumentString<LookQuery, LookQueryVariables>;
export const ShowDocument = new TypedDocumentString(`
    query Show($id: ID!) {
  shown: ticketSubmission(id: $id) {
    ...Details
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}`) as unknown as TypedDocumentString<ShowQuery, ShowQueryVariables>;
export const AskedDocument = new TypedDocumentString(`
    query Asked($id: ID!, $isPersonal: Boolean!, $same: TicketSubmissionFilter!) {
  asked: ticketSubmission(id: $id) @include(if: $isPersonal) {
    submitted {
      customerName
      customerEmail
      content
      ... on VoiceTicketDetails {
        customerPhone
        subject
        firstStreamText
      }
    }
  }
  others: ticketSubmissions(first: 10, filter: $same) {
    nodes {
      ...Row
    }
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}`) as unknown as TypedDocumentString<AskedQuery, AskedQueryVariables>;
export const PhonesDocument = new TypedDocumentString(`
    query Phones($after: String) {
  doubts: ticketSubmissions(
    first: 100
    filter: {states: [UNCERTAIN], operation: CREATE_VOICE_TICKET}
    orderBy: CREATED_ASC
    after: $after
  ) {
    nodes {
      ...Row
      submitted {
        ... on VoiceTicketDetails {
          customerPhone
        }
      }
    }
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}`) as unknown as TypedDocumentString<PhonesQuery, PhonesQueryVariables>;
export const ResolveDocument = new TypedDocumentString(`
    mutation Resolve($input: ResolveTicketSubmissionInput!) {
  done: resolveTicketSubmission(input: $input) {
    submission {
      ...Details
    }
    problems {
      ...Problem
      code
    }
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}
fragment Problem on TicketProblem {
  message
  field
  rule
  limit
  retryAfterSeconds
}`) as unknown as TypedDocumentString<ResolveMutation, ResolveMutationVariables>;
export const RetryDocument = new TypedDocumentString(`
    mutation Retry($input: RetryTicketSubmissionInput!) {
  done: retryTicketSubmission(input: $input) {
    submission {
      ...Details
    }
    problems {
      ...Problem
      code
    }
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}
fragment Problem on TicketProblem {
  message
  field
  rule
  limit
  retryAfterSeconds
}`) as unknown as TypedDocumentString<RetryMutation, RetryMutationVariables>;
export const CancelDocument = new TypedDocumentString(`
    mutation Cancel($input: CancelTicketSubmissionInput!) {
  done: cancelTicketSubmission(input: $input) {
    submission {
      ...Details
    }
    problems {
      ...Problem
      code
    }
  }
}
    fragment Row on TicketSubmission {
  id
  version
  operation
  state
  reason
  clientId
  createdAt
  settledAt
  nextTryAt
  deliverBy
  attempts
  ticketId
  conflictingTicketId
  bsgTicketId
  helpdeskTicketNumber
  branchComplaintNumber
  sourceTicketId
  branchCode
  requestedStatus
}
fragment Details on TicketSubmission {
  ...Row
  requestedBy
  refusedField
  traceId
  actions {
    type
    verdict
    ticketId
    ticketNumber
    by
    byPerson
    at
    note
  }
}
fragment Problem on TicketProblem {
  message
  field
  rule
  limit
  retryAfterSeconds
}`) as unknown as TypedDocumentString<CancelMutation, CancelMutationVariables>;