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

/** The desk that a ticket was opened for. */
export type TicketKind =
  /** The bank's helpdesk, with createHelpdeskTicket. */
  | 'HELPDESK'
  /** The voice desk (Omnix), with createVoiceTicket. */
  | 'VOICE';

/** What stood in the way, and so what to do next. */
export type TicketProblemCode =
  /** A field breaks a rule of this schema. Nothing was sent; correct the field and send again. */
  | 'INVALID_INPUT'
  /** The request was sent and no clear answer came: the ticket may exist. Do not open it again; have an operator look in Sociomile. */
  | 'OUTCOME_UNKNOWN'
  /** Sociomile refused the request; no ticket was made or moved. Correct the input first. */
  | 'SOCIOMILE_REJECTED'
  /** The request certainly had no effect, because Sociomile did not take it. Send it again later. */
  | 'SOCIOMILE_UNAVAILABLE';

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


export type CreateHelpdeskTicketMutation = { createHelpdeskTicket: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CreateVoiceTicketMutationVariables = Exact<{
  input: CreateVoiceTicketInput;
}>;


export type CreateVoiceTicketMutation = { createVoiceTicket: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type UpdateTicketStatusMutationVariables = Exact<{
  input: UpdateTicketStatusInput;
}>;


export type UpdateTicketStatusMutation = { updateTicketStatus: { replayed: boolean, ticket: { id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, status: TicketStatus | null, statusLabel: string | null, customerPhone: string | null, customerName: string | null, customerEmail: string | null, maskedTicketId: string | null, sourceTicketId: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, isEscalated: boolean | null, observedAt: string | null } | null, problems: Array<{ code: TicketProblemCode, message: string, field: string | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

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