/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A complaint that the helpdesk hands to Sociomile. Optional fields may be left out, null or empty: all three mean absent. The name in backticks is the field in Sociomile's own document. */
export type CreateHelpdeskTicketInput = {
  /** The customer's account. At most 19 digits. `nomorRekening` */
  accountNumber?: string | number | null | undefined;
  /** The disputed amount. At most 15 digits and 2 decimals. `nominal` */
  amount: string | number;
  /** The ATM's id. One line of at most 255 characters. `atmId` */
  atmId: string;
  /** The ATM's name. One line of at most 255 characters. `atmName` */
  atmName: string;
  /** The branch's code, such as 001. One line of at most 255 characters. `branchCode` */
  branchCode: string;
  /** The complaint's registration number at the branch. At most 19 digits. `noRegPengaduanCabang` */
  branchComplaintNumber: string | number;
  /** The branch's name. One line of at most 255 characters. `branchName` */
  branchName: string;
  /** The card that was used; sent to Sociomile and kept nowhere. At most 19 digits. `nomorKartu` */
  cardNumber?: string | number | null | undefined;
  /** When the claim was made. `claimDate` */
  claimDate?: string | null | undefined;
  /** Why the customer claims. At most 20000 characters; line breaks and tabs are kept. `claimReason` */
  claimReason?: string | null | undefined;
  /** Sociomile's handle of the contact: an id or an address, taken as it is. One line of at most 255 characters. `connectID` */
  connectId: string;
  /** What the customer complains of. At most 20000 characters; line breaks and tabs are kept. `content` */
  content: string;
  /** Where the customer is reached. An ASCII e-mail address of at most 254 characters. `email` */
  customerEmail?: string | null | undefined;
  /** The customer's name. One line of at most 255 characters. `namaNasabah` */
  customerName: string;
  /** Anything to add. At most 20000 characters; line breaks and tabs are kept. `description` */
  description?: string | null | undefined;
  /** The ticket's number at the helpdesk. At most 19 digits. `nomorTicketHelpdesk` */
  helpdeskTicketNumber: string | number;
  /** Makes repeating safe. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone (a card number would make a poor key). */
  idempotencyKey?: string | null | undefined;
  /** The transaction's id in the bank's ledger. One line of at most 255 characters. `transactionId` */
  transactionId?: string | null | undefined;
  /** The medium of the disputed transaction, by Sociomile's id. One line of at most 255 characters. `mediaTransaksi` */
  transactionMedia: string;
  /** The kind of transaction, such as PEMBELIAN. One line of at most 255 characters. `jenisTransaksi` */
  transactionType?: string | null | undefined;
};

/** A call that the voice desk (Omnix) hands to Sociomile. Optional fields may be left out, null or empty: all three mean absent. The name in backticks is the field in Sociomile's own document. */
export type CreateVoiceTicketInput = {
  /** The category's id. One line of at most 255 characters. `category_id` */
  categoryId?: string | null | undefined;
  /** The category's name. One line of at most 255 characters. `category_name` */
  categoryName?: string | null | undefined;
  /** When the ticket was closed in Omnix. `date_close` */
  closedAt?: string | null | undefined;
  /** Sociomile's handle of the contact: an id or an address, taken as it is. One line of at most 255 characters. `connectID` */
  connectId: string;
  /** What the call was about. At most 20000 characters; line breaks and tabs are kept. `content` */
  content: string;
  /** When the ticket was opened in Omnix. `date_created_at` */
  createdAt?: string | null | undefined;
  /** The agent's id. One line of at most 255 characters. `created_by_id` */
  createdById?: string | null | undefined;
  /** The agent's name. One line of at most 255 characters. `created_by_name` */
  createdByName?: string | null | undefined;
  /** Where the customer is reached. An ASCII e-mail address of at most 254 characters. `customer_email` */
  customerEmail: string;
  /** The customer's name. One line of at most 255 characters. `customer_name` */
  customerName: string;
  /** The number that called. An optional +, then 8 to 15 digits. `customer_hp` */
  customerPhone: string;
  /** A detail of the category below. One line of at most 255 characters. `detailSubCategory` */
  detailSubCategory?: string | null | undefined;
  /** A second detail. One line of at most 255 characters. `detailSubCategory2` */
  detailSubCategory2?: string | null | undefined;
  /** The first words of the call. At most 20000 characters; line breaks and tabs are kept. `first_stream_text` */
  firstStreamText?: string | null | undefined;
  /** How long it took. Hours, minutes and seconds as H:MM:SS; hours may pass 23, up to 4 digits. `handlingTime` */
  handlingTime?: string | null | undefined;
  /** Makes repeating safe. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone (a card number would make a poor key). */
  idempotencyKey?: string | null | undefined;
  /** The main category. One line of at most 255 characters. `mainCategory` */
  mainCategory?: string | null | undefined;
  /** The ticket's id as shown to customers. One line of at most 255 characters. `ticketId_masking` */
  maskedTicketId?: string | null | undefined;
  /** The ticket's id in Omnix. One line of at most 255 characters. `ticket_id` */
  sourceTicketId?: string | null | undefined;
  /** The category below. One line of at most 255 characters. `subCategory` */
  subCategory?: string | null | undefined;
  /** A heading. One line of at most 255 characters. `subject` */
  subject?: string | null | undefined;
};

/** What an operator, having looked in Sociomile, says about a create that is in doubt. */
export type ResolveTicketSubmissionInput = {
  /** What was looked for and found; kept with your client's id. No personal data. One line of at most 255 characters. */
  note: string;
  /** The submission's id. */
  submissionId: string | number;
  /** The ticket's id in Sociomile; required for CREATED. */
  ticketId?: string | number | null | undefined;
  /** The ticket's number in Sociomile. At most 19 digits. */
  ticketNumber?: string | number | null | undefined;
  /** Whether there is a ticket. NOT_CREATED may be said once the doubt is 15 minutes old. */
  verdict: TicketSubmissionVerdict;
};

/** The desk that a ticket was opened for. */
export type TicketKind =
  /** The bank's helpdesk, with createHelpdeskTicket. */
  | 'HELPDESK'
  /** The voice desk (Omnix), with createVoiceTicket. */
  | 'VOICE';

/** What was asked of Sociomile. */
export type TicketOperation =
  /** createHelpdeskTicket. */
  | 'CREATE_HELPDESK_TICKET'
  /** createVoiceTicket. */
  | 'CREATE_VOICE_TICKET'
  /** updateTicketStatus. */
  | 'UPDATE_TICKET_STATUS';

/** What stood in the way, and so what to do next. */
export type TicketProblemCode =
  /** The key stands for another input of this client. Nothing was sent; use a new key for a new request. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A field breaks a rule of this schema. Nothing was sent; correct the field and send again. */
  | 'INVALID_INPUT'
  /** Another call with the same key is still under way. Send the same again, with the same key, a little later. */
  | 'IN_PROGRESS'
  /** This service could not write down the request, and so did not send it. Send it again later. */
  | 'LEDGER_UNAVAILABLE'
  /** The request was sent and no clear answer came: the ticket may exist. Do not open it again; have an operator look in Sociomile. */
  | 'OUTCOME_UNKNOWN'
  /** Sociomile refused the request; no ticket was made or moved. Correct the input first. */
  | 'SOCIOMILE_REJECTED'
  /** The request certainly had no effect, because Sociomile did not take it. Send it again later. */
  | 'SOCIOMILE_UNAVAILABLE'
  /** There is no submission with this id. */
  | 'SUBMISSION_NOT_FOUND'
  /** The submission is no create in doubt (any more), so there is nothing to rule. */
  | 'SUBMISSION_NOT_IN_DOUBT'
  /** The doubt is too young to say that no ticket was made: Sociomile may still be working on it. Rule later. */
  | 'TOO_EARLY';

/** The states of a ticket, to set and to read. */
export type TicketStatus =
  /** It is finished. Sociomile: `Close` */
  | 'CLOSE'
  /** Somebody works on it. Sociomile: `InProgress` */
  | 'IN_PROGRESS'
  /** Work on it is suspended. Sociomile: `On Hold` */
  | 'ON_HOLD'
  /** Nobody has begun to work on it. Sociomile: `Open` */
  | 'OPEN'
  /** It waits. Sociomile: `Pending` */
  | 'PENDING'
  /** It waits for somebody's approval. Sociomile: `Pending Approval` */
  | 'PENDING_APPROVAL';

/** How a submission got to where it stands. */
export type TicketSubmissionReason =
  /** CONFIRMED: Sociomile said so. */
  | 'ACCEPTED_BY_SOCIOMILE'
  /** UNCERTAIN: Sociomile answered something that its document does not know. */
  | 'ANSWER_NOT_UNDERSTOOD'
  /** UNCERTAIN: it was sent, and no answer came in time. */
  | 'ANSWER_TIMED_OUT'
  /** NOT_EXECUTED: Sociomile was failing, and so was not asked for a while. */
  | 'CIRCUIT_OPEN'
  /** UNCERTAIN: it was sent, and the connection broke before an answer. */
  | 'CONNECTION_LOST'
  /** CONFIRMED: an operator found the ticket in Sociomile. */
  | 'CREATED_SAYS_OPERATOR'
  /** SUPERSEDED: a later update of the same ticket was accepted. */
  | 'LATER_UPDATE_ACCEPTED'
  /** NOT_EXECUTED: an operator found no ticket in Sociomile. */
  | 'NOT_CREATED_SAYS_OPERATOR'
  /** NOT_EXECUTED: this service was held up, and so did not send it any more. */
  | 'NOT_SENT_IN_TIME'
  /** NOT_EXECUTED: too many requests to Sociomile were under way. */
  | 'OVERLOADED'
  /** UNCERTAIN: the process that sent it ended before it had an answer. */
  | 'OWNER_DIED'
  /** REJECTED: Sociomile named a field that it wants otherwise. */
  | 'REFUSED_BY_SOCIOMILE'
  /** NOT_EXECUTED: Sociomile could not prove that it is Sociomile. */
  | 'SOCIOMILE_CERTIFICATE_INVALID'
  /** NOT_EXECUTED: Sociomile refused this service's own address or secret. */
  | 'SOCIOMILE_SETTINGS_REFUSED'
  /** NOT_EXECUTED: Sociomile asked for fewer requests. */
  | 'SOCIOMILE_THROTTLED'
  /** NOT_EXECUTED: no connection could be made. */
  | 'SOCIOMILE_UNREACHABLE'
  /** UNCERTAIN: the answer carried the ticket id of another submission, and so may be the answer to another request. */
  | 'TICKET_ID_REPEATED'
  /** REJECTED: the request was too large. */
  | 'TOO_LARGE_FOR_SOCIOMILE';

/** Where a submission stands. */
export type TicketSubmissionState =
  /** Sociomile accepted it, or an operator found its ticket. Final. */
  | 'CONFIRMED'
  /** It certainly had no effect. The same key may run again. */
  | 'NOT_EXECUTED'
  /** Sociomile refused it; nothing was done. Final. */
  | 'REJECTED'
  /** It is on its way. */
  | 'SENDING'
  /** An update in doubt that a later accepted update of the same ticket made void. Final. */
  | 'SUPERSEDED'
  /** Nobody can tell whether it had an effect. It is never run again. */
  | 'UNCERTAIN';

/** What an operator found in Sociomile. */
export type TicketSubmissionVerdict =
  /** The ticket exists. */
  | 'CREATED'
  /** No ticket was made. */
  | 'NOT_CREATED';

/** A ticket's move to another status. Works for every ticket in Sociomile, also for those that this service has never seen. The name in backticks is the field in Sociomile's own document. */
export type UpdateTicketStatusInput = {
  /** The ticket's id at the bank. One line of at most 255 characters. `bsg_ticket_id` */
  bsgTicketId: string;
  /** Makes repeating safe. 16 to 128 characters of A-Z a-z 0-9 _ and -, not digits alone (a card number would make a poor key). */
  idempotencyKey?: string | null | undefined;
  /** The status to move to. `status` */
  status: TicketStatus;
  /** The ticket's id in Sociomile. One line of at most 255 characters. `sociomile_ticket_id` */
  ticketId: string | number;
};

export type CreateHelpdeskTicketMutationVariables = Exact<{
  input: CreateHelpdeskTicketInput;
}>;


export type CreateHelpdeskTicketMutation = { createHelpdeskTicket: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, submission: { id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CreateVoiceTicketMutationVariables = Exact<{
  input: CreateVoiceTicketInput;
}>;


export type CreateVoiceTicketMutation = { createVoiceTicket: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, submission: { id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type DoubtfulSubmissionsQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type DoubtfulSubmissionsQuery = { ticketSubmissions: { edges: Array<{ cursor: string, node: { id: string, operation: TicketOperation, reason: TicketSubmissionReason | null, attempts: number, createdAt: string, settledAt: string | null, ticketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type ResolveTicketSubmissionMutationVariables = Exact<{
  input: ResolveTicketSubmissionInput;
}>;


export type ResolveTicketSubmissionMutation = { resolveTicketSubmission: { submission: { id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, ticketId: string | null, resolution: { verdict: TicketSubmissionVerdict, by: string, at: string, note: string } | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryAfterSeconds: number | null }> } | null };

export type TicketSubmissionQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketSubmissionQuery = { ticketSubmission: { id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, attempts: number, createdAt: string, settledAt: string | null, ticketId: string | null } | null };

export type TicketQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketQuery = { ticket: { id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, status: TicketStatus | null, statusLabel: string | null, customerName: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, isEscalated: boolean | null, observedAt: string | null } | null };

export type UpdateTicketStatusMutationVariables = Exact<{
  input: UpdateTicketStatusInput;
}>;


export type UpdateTicketStatusMutation = { updateTicketStatus: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, status: TicketStatus | null, statusLabel: string | null, customerPhone: string | null, customerName: string | null, customerEmail: string | null, maskedTicketId: string | null, sourceTicketId: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, isEscalated: boolean | null, observedAt: string | null } | null, submission: { id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

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

export const CreateHelpdeskTicketDocument = new TypedDocumentString(`
    mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {
  createHelpdeskTicket(input: $input) {
    ticket {
      id
      number
      kind
      observedAt
    }
    submission {
      id
      state
      reason
    }
    problems {
      code
      message
      field
      retryable
      retryAfterSeconds
      traceId
    }
    replayed
  }
}
    `) as unknown as TypedDocumentString<CreateHelpdeskTicketMutation, CreateHelpdeskTicketMutationVariables>;
export const CreateVoiceTicketDocument = new TypedDocumentString(`
    mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {
  createVoiceTicket(input: $input) {
    ticket {
      id
      number
      kind
      observedAt
    }
    submission {
      id
      state
      reason
    }
    problems {
      code
      message
      field
      retryable
      retryAfterSeconds
      traceId
    }
    replayed
  }
}
    `) as unknown as TypedDocumentString<CreateVoiceTicketMutation, CreateVoiceTicketMutationVariables>;
export const DoubtfulSubmissionsDocument = new TypedDocumentString(`
    query DoubtfulSubmissions($first: Int! = 20, $after: String) {
  ticketSubmissions(state: UNCERTAIN, first: $first, after: $after) {
    edges {
      cursor
      node {
        id
        operation
        reason
        attempts
        createdAt
        settledAt
        ticketId
        bsgTicketId
        helpdeskTicketNumber
        branchComplaintNumber
        sourceTicketId
        branchCode
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<DoubtfulSubmissionsQuery, DoubtfulSubmissionsQueryVariables>;
export const ResolveTicketSubmissionDocument = new TypedDocumentString(`
    mutation ResolveTicketSubmission($input: ResolveTicketSubmissionInput!) {
  resolveTicketSubmission(input: $input) {
    submission {
      id
      state
      reason
      ticketId
      resolution {
        verdict
        by
        at
        note
      }
    }
    problems {
      code
      message
      field
      retryAfterSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<ResolveTicketSubmissionMutation, ResolveTicketSubmissionMutationVariables>;
export const TicketSubmissionDocument = new TypedDocumentString(`
    query TicketSubmission($id: ID!) {
  ticketSubmission(id: $id) {
    id
    operation
    state
    reason
    attempts
    createdAt
    settledAt
    ticketId
  }
}
    `) as unknown as TypedDocumentString<TicketSubmissionQuery, TicketSubmissionQueryVariables>;
export const TicketDocument = new TypedDocumentString(`
    query Ticket($id: ID!) {
  ticket(id: $id) {
    id
    number
    kind
    bsgTicketId
    status
    statusLabel
    customerName
    subject
    content
    createdAt
    closedAt
    isEscalated
    observedAt
  }
}
    `) as unknown as TypedDocumentString<TicketQuery, TicketQueryVariables>;
export const UpdateTicketStatusDocument = new TypedDocumentString(`
    mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {
  updateTicketStatus(input: $input) {
    ticket {
      id
      number
      kind
      bsgTicketId
      status
      statusLabel
      customerPhone
      customerName
      customerEmail
      maskedTicketId
      sourceTicketId
      subject
      content
      createdAt
      closedAt
      handlingTime
      mainCategory
      categoryName
      categoryId
      subCategory
      detailSubCategory
      detailSubCategory2
      createdByName
      createdById
      isEscalated
      observedAt
    }
    submission {
      id
      state
      reason
    }
    problems {
      code
      message
      field
      retryable
      retryAfterSeconds
      traceId
    }
    replayed
  }
}
    `) as unknown as TypedDocumentString<UpdateTicketStatusMutation, UpdateTicketStatusMutationVariables>;