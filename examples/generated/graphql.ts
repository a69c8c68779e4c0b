/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Submission to take back. */
export type CancelTicketSubmissionInput = {
  /** Version that the operator saw, from `version`, or null for any: when it has changed since, nothing is done, and the problem is SUBMISSION_CHANGED. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. */
  seen?: string | null | undefined;
  /** Id of the submission. */
  submissionId: string | number;
};

/** Complaint that the helpdesk passes to Sociomile. An optional detail may be left out, null or empty. All three mean absent. The name in backticks is the field's name in Sociomile's document. */
export type CreateHelpdeskTicketInput = {
  /** Account number of the customer. At most 19 digits, without separators. `nomorRekening` */
  accountNumber?: string | number | null | undefined;
  /** Disputed amount. At most 15 digits without separators of thousands, and 2 decimals after a point, such as 200000 or 200000.50. `nominal` */
  amount: string | number;
  /** Id of the ATM. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `atmId` */
  atmId: string;
  /** Name of the ATM. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `atmName` */
  atmName: string;
  /** Code of the branch, such as 001. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. `branchCode` */
  branchCode: string;
  /** Registration number of the complaint at the branch. At most 19 digits, without separators; a card number is refused. `noRegPengaduanCabang` */
  branchComplaintNumber: string | number;
  /** Name of the branch. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `branchName` */
  branchName: string;
  /** Number of the card that was used, which is sent to Sociomile and is not stored by this service. At most 19 digits: blanks and dashes between groups of four are removed. `nomorKartu` */
  cardNumber?: string | number | null | undefined;
  /** Time of the claim. `claimDate` */
  claimDate?: string | null | undefined;
  /** Reason for the claim. At most 20000 characters: line breaks, tabs and blanks are kept. `claimReason` */
  claimReason?: string | null | undefined;
  /** Contact of the customer in Sociomile: an id or an address. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `connectID` */
  connectId: string;
  /** Text of the complaint. At most 20000 characters: line breaks, tabs and blanks are kept. `content` */
  content: string;
  /** E-mail address of the customer. One address in ASCII, at most 254 characters. `email` */
  customerEmail?: string | null | undefined;
  /** Name of the customer. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `namaNasabah` */
  customerName: string;
  /** Additional remarks. At most 20000 characters: line breaks, tabs and blanks are kept. `description` */
  description?: string | null | undefined;
  /** Number of the ticket at the helpdesk. At most 19 digits, without separators; a card number is refused. `nomorTicketHelpdesk` */
  helpdeskTicketNumber: string | number;
  /** Key that makes it safe to repeat the request. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone: a UUID is best, and a card number is refused. */
  idempotencyKey: string;
  /** Id of the transaction in core banking. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `transactionId` */
  transactionId?: string | null | undefined;
  /** Medium of the disputed transaction, as Sociomile's id. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `mediaTransaksi` */
  transactionMedia: string;
  /** Type of the transaction, such as PEMBELIAN. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `jenisTransaksi` */
  transactionType?: string | null | undefined;
  /** True: nothing is sent when another create with the same helpdeskTicketNumber has opened its ticket, or may still open it. False: the number may get one more ticket; one of zeros alone is never compared. */
  unlessAlreadyOpened?: boolean;
  /** Treatment of the request when Sociomile does not take it now. */
  whenUnavailable?: WhenUnavailable;
};

/** Call that the voice desk (Omnix) passes to Sociomile. An optional detail may be left out, null or empty. All three mean absent. The name in backticks is the field's name in Sociomile's document. */
export type CreateVoiceTicketInput = {
  /** Id of the category. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `category_id` */
  categoryId?: string | null | undefined;
  /** Name of the category. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `category_name` */
  categoryName?: string | null | undefined;
  /** Time when the ticket was closed in Omnix. `date_close` */
  closedAt?: string | null | undefined;
  /** Contact of the customer in Sociomile: an id or an address. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `connectID` */
  connectId: string;
  /** Topic of the call. At most 20000 characters: line breaks, tabs and blanks are kept. `content` */
  content: string;
  /** Time when the ticket was opened in Omnix. `date_created_at` */
  createdAt?: string | null | undefined;
  /** Id of the agent. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `created_by_id` */
  createdById?: string | null | undefined;
  /** Name of the agent. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `created_by_name` */
  createdByName?: string | null | undefined;
  /** E-mail address of the customer. One address in ASCII, at most 254 characters. `customer_email` */
  customerEmail: string;
  /** Name of the customer. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `customer_name` */
  customerName: string;
  /** Phone number of the caller. An optional +, then 3 to 15 digits without separators. `customer_hp` */
  customerPhone: string;
  /** Detail of the subcategory. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `detailSubCategory` */
  detailSubCategory?: string | null | undefined;
  /** Second detail of the subcategory. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `detailSubCategory2` */
  detailSubCategory2?: string | null | undefined;
  /** First words of the call. At most 20000 characters: line breaks, tabs and blanks are kept. `first_stream_text` */
  firstStreamText?: string | null | undefined;
  /** Time that handling the ticket took. Hours, minutes and seconds as H:MM:SS: hours may exceed 23 and have up to 4 digits. `handlingTime` */
  handlingTime?: string | null | undefined;
  /** Key that makes it safe to repeat the request. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone: a UUID is best, and a card number is refused. */
  idempotencyKey: string;
  /** Main category of the ticket. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `mainCategory` */
  mainCategory?: string | null | undefined;
  /** Ticket id that customers see. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. `ticketId_masking` */
  maskedTicketId?: string | null | undefined;
  /** Id of the ticket in Omnix. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. `ticket_id` */
  sourceTicketId?: string | null | undefined;
  /** Subcategory, one level below the category. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `subCategory` */
  subCategory?: string | null | undefined;
  /** Subject line. One line of at most 255 characters: white space around it and invisible characters are removed, and tabs become blanks. `subject` */
  subject?: string | null | undefined;
  /** True: nothing is sent when another create with the same sourceTicketId has opened its ticket, or may still open it. False: the id may get one more ticket; a call without one is protected by its idempotencyKey alone. */
  unlessAlreadyOpened?: boolean;
  /** Treatment of the request when Sociomile does not take it now. */
  whenUnavailable?: WhenUnavailable;
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

/** Origin of a ticket's details. */
export type TicketDetailsSource =
  /** The last report of Sociomile. */
  | 'REPORTED'
  /** The request that opened the ticket. Sociomile has not reported the ticket yet. */
  | 'SUBMITTED';

/** Desk of the bank that a ticket belongs to. */
export type TicketKind =
  /** Helpdesk of the bank. createHelpdeskTicket opens such tickets. */
  | 'HELPDESK'
  /** Voice desk (Omnix). createVoiceTicket opens such tickets. */
  | 'VOICE';

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

/** Change of a ticket's status. It works for every ticket in Sociomile, including tickets that this service has never seen. The name in backticks is the field's name in Sociomile's document. */
export type UpdateTicketStatusInput = {
  /** Id of the ticket at the bank. One line of at most 255 characters: white space around it and invisible characters are removed, tabs and invisible characters between digits become blanks, and a card number is refused. `bsg_ticket_id` */
  bsgTicketId: string;
  /** Key that makes it safe to repeat the request. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone: a UUID is best, and a card number is refused. */
  idempotencyKey?: string | null | undefined;
  /** New status of the ticket. `status` */
  status: TicketStatus;
  /** Id of the ticket in Sociomile. 1 to 255 visible ASCII characters: white space around the id is removed, and a card number is refused. `sociomile_ticket_id` */
  ticketId: string | number;
};

/** Treatment of a request that Sociomile does not take now. */
export type WhenUnavailable =
  /** This service stores the request and sends it once, when Sociomile takes it. The answer then has no ticket and no problems, and its submission is QUEUED. */
  | 'DELIVER_LATER'
  /** The caller is told, and may send the request again. */
  | 'FAIL';

export type CreateHelpdeskTicketMutationVariables = Exact<{
  input: CreateHelpdeskTicketInput;
}>;


export type CreateHelpdeskTicketMutation = { createHelpdeskTicket: { __typename: 'CreateHelpdeskTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CreateVoiceTicketMutationVariables = Exact<{
  input: CreateVoiceTicketInput;
}>;


export type CreateVoiceTicketMutation = { createVoiceTicket: { __typename: 'CreateVoiceTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type DoubtfulSubmissionsQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type DoubtfulSubmissionsQuery = { ticketSubmissions: { __typename: 'TicketSubmissionConnection', nodes: Array<{ __typename: 'TicketSubmission', id: string, operation: TicketOperation, reason: TicketSubmissionReason | null, attempts: number, createdAt: string, settledAt: string | null, ticketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null };

export type HandInHelpdeskTicketMutationVariables = Exact<{
  input: CreateHelpdeskTicketInput;
}>;


export type HandInHelpdeskTicketMutation = { createHelpdeskTicket: { __typename: 'CreateHelpdeskTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CancelTicketSubmissionMutationVariables = Exact<{
  input: CancelTicketSubmissionInput;
}>;


export type CancelTicketSubmissionMutation = { cancelTicketSubmission: { __typename: 'CancelTicketSubmissionPayload', submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CancelTicketSubmissionProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null }> } | null };

export type ResolveTicketSubmissionMutationVariables = Exact<{
  input: ResolveTicketSubmissionInput;
}>;


export type ResolveTicketSubmissionMutation = { resolveTicketSubmission: { __typename: 'ResolveTicketSubmissionPayload', submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, ticketId: string | null, resolution: { __typename: 'TicketSubmissionResolution', verdict: TicketSubmissionVerdict, resolvedBy: string | null, resolvedByPerson: string | null, resolvedAt: string, note: string | null } | null } | null, problems: Array<{ __typename: 'ResolveTicketSubmissionProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null }> } | null };

export type SubmissionChangesQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type SubmissionChangesQuery = { ticketSubmissions: { __typename: 'TicketSubmissionConnection', nodes: Array<{ __typename: 'TicketSubmission', id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, ticketId: string | null, createdAt: string, settledAt: string | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null };

export type TicketHistoryQueryVariables = Exact<{
  id: string | number;
  first?: number;
  after?: string | null | undefined;
}>;


export type TicketHistoryQuery = { ticket: { __typename: 'Ticket', id: string, submissions: { __typename: 'TicketSubmissionConnection', nodes: Array<{ __typename: 'TicketSubmission', id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, requestedStatus: TicketStatus | null, createdAt: string, settledAt: string | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type TicketSubmissionByKeyQueryVariables = Exact<{
  operation: TicketOperation;
  idempotencyKey: string;
}>;


export type TicketSubmissionByKeyQuery = { ticketSubmissionByKey: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null, ticket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null } | null };

export type TicketSubmissionQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketSubmissionQuery = { ticketSubmission: { __typename: 'TicketSubmission', id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, refusedField: string | null, attempts: number, createdAt: string, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null, ticketId: string | null, ticket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null } | null };

export type TicketQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketQuery = { ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusLabel: string | null, statusInDoubt: TicketStatus | null, customerName: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, isEscalated: boolean | null, observedAt: string | null, submitted:
      | { __typename: 'HelpdeskTicketDetails', transactionMedia: string, transactionType: string | null, transactionId: string | null, amount: string, claimReason: string | null, claimDate: string | null, branchCode: string, branchName: string, atmName: string, atmId: string, description: string | null, helpdeskTicketNumber: string, branchComplaintNumber: string, customerName: string, customerEmail: string | null, connectId: string, content: string }
      | { __typename: 'VoiceTicketDetails', customerPhone: string, maskedTicketId: string | null, sourceTicketId: string | null, subject: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, firstStreamText: string | null, customerName: string, customerEmail: string, connectId: string, content: string }
     | null } | null };

export type TicketsByReferenceQueryVariables = Exact<{
  reference: TicketReferenceInput;
}>;


export type TicketsByReferenceQuery = { ticketsByReference: Array<{ __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, branchCode: string | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusInDoubt: TicketStatus | null, customerName: string | null, subject: string | null, content: string | null, observedAt: string | null }> | null };

export type TicketsQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type TicketsQuery = { tickets: Array<{ __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, status: TicketStatus | null, statusInDoubt: TicketStatus | null, bsgTicketId: string | null, customerName: string | null, subject: string | null, createdAt: string | null, observedAt: string | null } | null> };

export type UpdateTicketStatusMutationVariables = Exact<{
  input: UpdateTicketStatusInput;
}>;


export type UpdateTicketStatusMutation = { updateTicketStatus: { __typename: 'UpdateTicketStatusPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusLabel: string | null, customerPhone: string | null, customerName: string | null, customerEmail: string | null, maskedTicketId: string | null, sourceTicketId: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, isEscalated: boolean | null, observedAt: string | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null, ticket: { __typename: 'Ticket', id: string, status: TicketStatus | null, statusInDoubt: TicketStatus | null } | null } | null, problems: Array<{ __typename: 'UpdateTicketStatusProblem', code: TicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };


export const CreateHelpdeskTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateHelpdeskTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateHelpdeskTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createHelpdeskTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<CreateHelpdeskTicketMutation, CreateHelpdeskTicketMutationVariables>;
export const CreateVoiceTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateVoiceTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateVoiceTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createVoiceTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<CreateVoiceTicketMutation, CreateVoiceTicketMutationVariables>;
export const DoubtfulSubmissionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DoubtfulSubmissions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmissions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"states"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"UNCERTAIN"}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<DoubtfulSubmissionsQuery, DoubtfulSubmissionsQueryVariables>;
export const HandInHelpdeskTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"HandInHelpdeskTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateHelpdeskTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createHelpdeskTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<HandInHelpdeskTicketMutation, HandInHelpdeskTicketMutationVariables>;
export const CancelTicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelTicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelTicketSubmissionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelTicketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}}]}}]}}]} as unknown as DocumentNode<CancelTicketSubmissionMutation, CancelTicketSubmissionMutationVariables>;
export const ResolveTicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResolveTicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResolveTicketSubmissionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolveTicketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verdict"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedBy"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedByPerson"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedAt"}},{"kind":"Field","name":{"kind":"Name","value":"note"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}}]}}]}}]} as unknown as DocumentNode<ResolveTicketSubmissionMutation, ResolveTicketSubmissionMutationVariables>;
export const SubmissionChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"SubmissionChanges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmissions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"CHANGED_ASC"}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<SubmissionChangesQuery, SubmissionChangesQueryVariables>;
export const TicketHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"submissions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"requestedStatus"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketHistoryQuery, TicketHistoryQueryVariables>;
export const TicketSubmissionByKeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketSubmissionByKey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"operation"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketOperation"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmissionByKey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"operation"},"value":{"kind":"Variable","name":{"kind":"Name","value":"operation"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<TicketSubmissionByKeyQuery, TicketSubmissionByKeyQueryVariables>;
export const TicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"refusedField"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<TicketSubmissionQuery, TicketSubmissionQueryVariables>;
export const TicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Ticket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusLabel"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"isEscalated"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}},{"kind":"Field","name":{"kind":"Name","value":"submitted"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"customerEmail"}},{"kind":"Field","name":{"kind":"Name","value":"connectId"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"HelpdeskTicketDetails"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"transactionMedia"}},{"kind":"Field","name":{"kind":"Name","value":"transactionType"}},{"kind":"Field","name":{"kind":"Name","value":"transactionId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"claimReason"}},{"kind":"Field","name":{"kind":"Name","value":"claimDate"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}},{"kind":"Field","name":{"kind":"Name","value":"branchName"}},{"kind":"Field","name":{"kind":"Name","value":"atmName"}},{"kind":"Field","name":{"kind":"Name","value":"atmId"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VoiceTicketDetails"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerPhone"}},{"kind":"Field","name":{"kind":"Name","value":"maskedTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"handlingTime"}},{"kind":"Field","name":{"kind":"Name","value":"mainCategory"}},{"kind":"Field","name":{"kind":"Name","value":"categoryName"}},{"kind":"Field","name":{"kind":"Name","value":"categoryId"}},{"kind":"Field","name":{"kind":"Name","value":"subCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory2"}},{"kind":"Field","name":{"kind":"Name","value":"createdByName"}},{"kind":"Field","name":{"kind":"Name","value":"createdById"}},{"kind":"Field","name":{"kind":"Name","value":"firstStreamText"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketQuery, TicketQueryVariables>;
export const TicketsByReferenceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketsByReference"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"reference"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketReferenceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketsByReference"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"reference"},"value":{"kind":"Variable","name":{"kind":"Name","value":"reference"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}}]}}]} as unknown as DocumentNode<TicketsByReferenceQuery, TicketsByReferenceQueryVariables>;
export const TicketsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Tickets"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tickets"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}}]}}]} as unknown as DocumentNode<TicketsQuery, TicketsQueryVariables>;
export const UpdateTicketStatusDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateTicketStatus"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateTicketStatusInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateTicketStatus"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusLabel"}},{"kind":"Field","name":{"kind":"Name","value":"customerPhone"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"customerEmail"}},{"kind":"Field","name":{"kind":"Name","value":"maskedTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"handlingTime"}},{"kind":"Field","name":{"kind":"Name","value":"mainCategory"}},{"kind":"Field","name":{"kind":"Name","value":"categoryName"}},{"kind":"Field","name":{"kind":"Name","value":"categoryId"}},{"kind":"Field","name":{"kind":"Name","value":"subCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory2"}},{"kind":"Field","name":{"kind":"Name","value":"createdByName"}},{"kind":"Field","name":{"kind":"Name","value":"createdById"}},{"kind":"Field","name":{"kind":"Name","value":"isEscalated"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<UpdateTicketStatusMutation, UpdateTicketStatusMutationVariables>;