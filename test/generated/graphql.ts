/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type CancelTicketSubmissionInput = {
  submissionId: string | number;
};

export type CancelTicketSubmissionProblemCode =
  | 'INVALID_INPUT'
  | 'LEDGER_UNAVAILABLE'
  | 'SUBMISSION_NOT_FOUND'
  | 'SUBMISSION_NOT_QUEUED';

export type CreateHelpdeskTicketInput = {
  accountNumber?: string | number | null | undefined;
  amount: string | number;
  atmId: string;
  atmName: string;
  branchCode: string;
  branchComplaintNumber: string | number;
  branchName: string;
  cardNumber?: string | number | null | undefined;
  claimDate?: string | null | undefined;
  claimReason?: string | null | undefined;
  connectId: string;
  content: string;
  customerEmail?: string | null | undefined;
  customerName: string;
  description?: string | null | undefined;
  helpdeskTicketNumber: string | number;
  idempotencyKey?: string | null | undefined;
  transactionId?: string | null | undefined;
  transactionMedia: string;
  transactionType?: string | null | undefined;
  unlessAlreadyOpened?: boolean;
  whenUnavailable?: WhenUnavailable;
};

export type CreateTicketProblemCode =
  | 'ALREADY_OPENED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_INPUT'
  | 'IN_PROGRESS'
  | 'LEDGER_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'SOCIOMILE_REJECTED'
  | 'SOCIOMILE_UNAVAILABLE';

export type CreateVoiceTicketInput = {
  categoryId?: string | null | undefined;
  categoryName?: string | null | undefined;
  closedAt?: string | null | undefined;
  connectId: string;
  content: string;
  createdAt?: string | null | undefined;
  createdById?: string | null | undefined;
  createdByName?: string | null | undefined;
  customerEmail: string;
  customerName: string;
  customerPhone: string;
  detailSubCategory?: string | null | undefined;
  detailSubCategory2?: string | null | undefined;
  firstStreamText?: string | null | undefined;
  handlingTime?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
  mainCategory?: string | null | undefined;
  maskedTicketId?: string | null | undefined;
  sourceTicketId?: string | null | undefined;
  subCategory?: string | null | undefined;
  subject?: string | null | undefined;
  unlessAlreadyOpened?: boolean;
  whenUnavailable?: WhenUnavailable;
};

export type InputRule =
  | 'CARD_NUMBER'
  | 'CONTROL_CHARACTER'
  | 'KEY_REQUIRED'
  | 'NOT_AN_AMOUNT'
  | 'NOT_AN_EMAIL'
  | 'NOT_AN_ID'
  | 'NOT_A_DURATION'
  | 'NOT_A_KEY'
  | 'NOT_A_PHONE'
  | 'NOT_A_TIME'
  | 'NOT_DIGITS'
  | 'NOT_ONE_LINE'
  | 'REQUIRED'
  | 'TOO_LONG'
  | 'TOO_SHORT'
  | 'TWO_VALUES';

export type ResolveTicketSubmissionInput = {
  note: string;
  replacesEarlier?: boolean;
  submissionId: string | number;
  ticketId?: string | number | null | undefined;
  ticketNumber?: string | number | null | undefined;
  verdict: TicketSubmissionVerdict;
};

export type ResolveTicketSubmissionProblemCode =
  | 'INVALID_INPUT'
  | 'LEDGER_UNAVAILABLE'
  | 'SUBMISSION_NOT_FOUND'
  | 'SUBMISSION_NOT_IN_DOUBT'
  | 'TICKET_ID_TAKEN'
  | 'TOO_EARLY';

export type TicketDetailsSource =
  | 'REPORTED'
  | 'SUBMITTED';

export type TicketKind =
  | 'HELPDESK'
  | 'VOICE';

export type TicketOperation =
  | 'CREATE_HELPDESK_TICKET'
  | 'CREATE_VOICE_TICKET'
  | 'UPDATE_TICKET_STATUS';

export type TicketReferenceInput = {
  type: TicketReferenceType;
  value: string;
};

export type TicketReferenceType =
  | 'BRANCH_COMPLAINT_NUMBER'
  | 'BSG_TICKET_ID'
  | 'HELPDESK_TICKET_NUMBER'
  | 'MASKED_TICKET_ID'
  | 'SOCIOMILE_TICKET_NUMBER'
  | 'SOURCE_TICKET_ID';

export type TicketStatus =
  | 'CLOSE'
  | 'IN_PROGRESS'
  | 'ON_HOLD'
  | 'OPEN'
  | 'PENDING'
  | 'PENDING_APPROVAL';

export type TicketSubmissionReason =
  | 'ACCEPTED_BY_SOCIOMILE'
  | 'ALREADY_OPENED'
  | 'ANSWER_NOT_UNDERSTOOD'
  | 'ANSWER_TIMED_OUT'
  | 'APPLIED_SAYS_OPERATOR'
  | 'CANCELLED'
  | 'CIRCUIT_OPEN'
  | 'CONNECTION_LOST'
  | 'CREATED_SAYS_OPERATOR'
  | 'DELIVERY_EXPIRED'
  | 'LATER_UPDATE_ACCEPTED'
  | 'NOT_APPLIED_SAYS_OPERATOR'
  | 'NOT_CREATED_SAYS_OPERATOR'
  | 'NOT_SENT_IN_TIME'
  | 'NOT_SENT_LATER_UPDATE_ACCEPTED'
  | 'OLDER_UPDATE_QUEUED'
  | 'OVERLOADED'
  | 'OWNER_DIED'
  | 'REFUSED_BY_SOCIOMILE'
  | 'REQUEST_UNREADABLE'
  | 'SOCIOMILE_CERTIFICATE_INVALID'
  | 'SOCIOMILE_SETTINGS_REFUSED'
  | 'SOCIOMILE_THROTTLED'
  | 'SOCIOMILE_UNREACHABLE'
  | 'TICKET_ID_REPEATED'
  | 'TOO_LARGE_FOR_SOCIOMILE';

export type TicketSubmissionState =
  | 'CONFIRMED'
  | 'NOT_EXECUTED'
  | 'QUEUED'
  | 'REJECTED'
  | 'SENDING'
  | 'SUPERSEDED'
  | 'UNCERTAIN';

export type TicketSubmissionVerdict =
  | 'APPLIED'
  | 'CREATED'
  | 'NOT_APPLIED'
  | 'NOT_CREATED';

export type UpdateTicketStatusInput = {
  bsgTicketId: string;
  idempotencyKey?: string | null | undefined;
  status: TicketStatus;
  ticketId: string | number;
  whenUnavailable?: WhenUnavailable;
};

export type UpdateTicketStatusProblemCode =
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVALID_INPUT'
  | 'IN_PROGRESS'
  | 'LEDGER_UNAVAILABLE'
  | 'SOCIOMILE_REJECTED'
  | 'SOCIOMILE_UNAVAILABLE'
  | 'STATUS_UNKNOWN'
  | 'SUPERSEDED';

export type WhenUnavailable =
  | 'DELIVER_LATER'
  | 'FAIL';

export type CreateHelpdeskTicketMutationVariables = Exact<{
  input: CreateHelpdeskTicketInput;
}>;


export type CreateHelpdeskTicketMutation = { createHelpdeskTicket: { __typename: 'CreateHelpdeskTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: CreateTicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CreateVoiceTicketMutationVariables = Exact<{
  input: CreateVoiceTicketInput;
}>;


export type CreateVoiceTicketMutation = { createVoiceTicket: { __typename: 'CreateVoiceTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, observedAt: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: CreateTicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type DoubtfulSubmissionsQueryVariables = Exact<{
  first?: number;
  after?: string | null | undefined;
}>;


export type DoubtfulSubmissionsQuery = { ticketSubmissions: { __typename: 'TicketSubmissionConnection', nodes: Array<{ __typename: 'TicketSubmission', id: string, operation: TicketOperation, reason: TicketSubmissionReason | null, attempts: number, createdAt: string, settledAt: string | null, ticketId: string | null, bsgTicketId: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, sourceTicketId: string | null, branchCode: string | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null };

export type HandInHelpdeskTicketMutationVariables = Exact<{
  input: CreateHelpdeskTicketInput;
}>;


export type HandInHelpdeskTicketMutation = { createHelpdeskTicket: { __typename: 'CreateHelpdeskTicketPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null } | null, existingTicket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CreateTicketProblem', code: CreateTicketProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };

export type CancelTicketSubmissionMutationVariables = Exact<{
  input: CancelTicketSubmissionInput;
}>;


export type CancelTicketSubmissionMutation = { cancelTicketSubmission: { __typename: 'CancelTicketSubmissionPayload', submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null } | null, problems: Array<{ __typename: 'CancelTicketSubmissionProblem', code: CancelTicketSubmissionProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null }> } | null };

export type ResolveTicketSubmissionMutationVariables = Exact<{
  input: ResolveTicketSubmissionInput;
}>;


export type ResolveTicketSubmissionMutation = { resolveTicketSubmission: { __typename: 'ResolveTicketSubmissionPayload', submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, ticketId: string | null, resolution: { __typename: 'TicketSubmissionResolution', verdict: TicketSubmissionVerdict, resolvedBy: string | null, resolvedByPerson: string | null, resolvedAt: string, note: string | null } | null } | null, problems: Array<{ __typename: 'ResolveTicketSubmissionProblem', code: ResolveTicketSubmissionProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryAfterSeconds: number | null }> } | null };

export type TicketHistoryQueryVariables = Exact<{
  id: string | number;
  first?: number;
  after?: string | null | undefined;
}>;


export type TicketHistoryQuery = { ticket: { __typename: 'Ticket', id: string, submissions: { __typename: 'TicketSubmissionConnection', nodes: Array<{ __typename: 'TicketSubmission', id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, createdAt: string, settledAt: string | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type TicketSubmissionByKeyQueryVariables = Exact<{
  operation: TicketOperation;
  idempotencyKey: string;
}>;


export type TicketSubmissionByKeyQuery = { ticketSubmissionByKey: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, deliverBy: string | null, nextTryAt: string | null, ticket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null } | null };

export type TicketSubmissionQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketSubmissionQuery = { ticketSubmission: { __typename: 'TicketSubmission', id: string, operation: TicketOperation, state: TicketSubmissionState, reason: TicketSubmissionReason | null, attempts: number, createdAt: string, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null, ticketId: string | null, ticket: { __typename: 'Ticket', id: string, number: string | null, status: TicketStatus | null } | null } | null };

export type TicketQueryVariables = Exact<{
  id: string | number;
}>;


export type TicketQuery = { ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusLabel: string | null, statusInDoubt: TicketStatus | null, statusQueued: TicketStatus | null, customerName: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, isEscalated: boolean | null, observedAt: string | null, submitted: { __typename: 'TicketSubmittedDetails', customerName: string | null, customerPhone: string | null, customerEmail: string | null, connectId: string | null, content: string | null, subject: string | null, transactionMedia: string | null, transactionType: string | null, transactionId: string | null, amount: string | null, claimReason: string | null, claimDate: string | null, branchCode: string | null, branchName: string | null, atmName: string | null, atmId: string | null, description: string | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, maskedTicketId: string | null, sourceTicketId: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, firstStreamText: string | null } | null } | null };

export type TicketsByReferenceQueryVariables = Exact<{
  reference: TicketReferenceInput;
}>;


export type TicketsByReferenceQuery = { ticketsByReference: Array<{ __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, helpdeskTicketNumber: string | null, branchComplaintNumber: string | null, branchCode: string | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusInDoubt: TicketStatus | null, statusQueued: TicketStatus | null, customerName: string | null, subject: string | null, content: string | null, observedAt: string | null }> | null };

export type UpdateTicketStatusMutationVariables = Exact<{
  input: UpdateTicketStatusInput;
}>;


export type UpdateTicketStatusMutation = { updateTicketStatus: { __typename: 'UpdateTicketStatusPayload', replayed: boolean, ticket: { __typename: 'Ticket', id: string, number: string | null, kind: TicketKind | null, bsgTicketId: string | null, detailsFrom: TicketDetailsSource | null, status: TicketStatus | null, statusLabel: string | null, customerPhone: string | null, customerName: string | null, customerEmail: string | null, maskedTicketId: string | null, sourceTicketId: string | null, subject: string | null, content: string | null, createdAt: string | null, closedAt: string | null, handlingTime: string | null, mainCategory: string | null, categoryName: string | null, categoryId: string | null, subCategory: string | null, detailSubCategory: string | null, detailSubCategory2: string | null, createdByName: string | null, createdById: string | null, isEscalated: boolean | null, observedAt: string | null } | null, submission: { __typename: 'TicketSubmission', id: string, state: TicketSubmissionState, reason: TicketSubmissionReason | null, settledAt: string | null, deliverBy: string | null, nextTryAt: string | null, ticket: { __typename: 'Ticket', id: string, status: TicketStatus | null, statusInDoubt: TicketStatus | null, statusQueued: TicketStatus | null } | null } | null, problems: Array<{ __typename: 'UpdateTicketStatusProblem', code: UpdateTicketStatusProblemCode, message: string, field: string | null, rule: InputRule | null, limit: number | null, retryable: boolean, retryAfterSeconds: number | null, traceId: string | null }> } | null };


export const CreateHelpdeskTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateHelpdeskTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateHelpdeskTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createHelpdeskTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<CreateHelpdeskTicketMutation, CreateHelpdeskTicketMutationVariables>;
export const CreateVoiceTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateVoiceTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateVoiceTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createVoiceTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<CreateVoiceTicketMutation, CreateVoiceTicketMutationVariables>;
export const DoubtfulSubmissionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DoubtfulSubmissions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmissions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"state"},"value":{"kind":"EnumValue","value":"UNCERTAIN"}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<DoubtfulSubmissionsQuery, DoubtfulSubmissionsQueryVariables>;
export const HandInHelpdeskTicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"HandInHelpdeskTicket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateHelpdeskTicketInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createHelpdeskTicket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}}]}},{"kind":"Field","name":{"kind":"Name","value":"existingTicket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<HandInHelpdeskTicketMutation, HandInHelpdeskTicketMutationVariables>;
export const CancelTicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelTicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelTicketSubmissionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelTicketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}}]}}]}}]} as unknown as DocumentNode<CancelTicketSubmissionMutation, CancelTicketSubmissionMutationVariables>;
export const ResolveTicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResolveTicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResolveTicketSubmissionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolveTicketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verdict"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedBy"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedByPerson"}},{"kind":"Field","name":{"kind":"Name","value":"resolvedAt"}},{"kind":"Field","name":{"kind":"Name","value":"note"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}}]}}]}}]} as unknown as DocumentNode<ResolveTicketSubmissionMutation, ResolveTicketSubmissionMutationVariables>;
export const TicketHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"submissions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<TicketHistoryQuery, TicketHistoryQueryVariables>;
export const TicketSubmissionByKeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketSubmissionByKey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"operation"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketOperation"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmissionByKey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"operation"},"value":{"kind":"Variable","name":{"kind":"Name","value":"operation"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<TicketSubmissionByKeyQuery, TicketSubmissionByKeyQueryVariables>;
export const TicketSubmissionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketSubmission"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketSubmission"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticketId"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}}]}}]} as unknown as DocumentNode<TicketSubmissionQuery, TicketSubmissionQueryVariables>;
export const TicketDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Ticket"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusLabel"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"statusQueued"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"isEscalated"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}},{"kind":"Field","name":{"kind":"Name","value":"submitted"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"customerPhone"}},{"kind":"Field","name":{"kind":"Name","value":"customerEmail"}},{"kind":"Field","name":{"kind":"Name","value":"connectId"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"transactionMedia"}},{"kind":"Field","name":{"kind":"Name","value":"transactionType"}},{"kind":"Field","name":{"kind":"Name","value":"transactionId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"claimReason"}},{"kind":"Field","name":{"kind":"Name","value":"claimDate"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}},{"kind":"Field","name":{"kind":"Name","value":"branchName"}},{"kind":"Field","name":{"kind":"Name","value":"atmName"}},{"kind":"Field","name":{"kind":"Name","value":"atmId"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}},{"kind":"Field","name":{"kind":"Name","value":"maskedTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"handlingTime"}},{"kind":"Field","name":{"kind":"Name","value":"mainCategory"}},{"kind":"Field","name":{"kind":"Name","value":"categoryName"}},{"kind":"Field","name":{"kind":"Name","value":"categoryId"}},{"kind":"Field","name":{"kind":"Name","value":"subCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory2"}},{"kind":"Field","name":{"kind":"Name","value":"createdByName"}},{"kind":"Field","name":{"kind":"Name","value":"createdById"}},{"kind":"Field","name":{"kind":"Name","value":"firstStreamText"}}]}}]}}]}}]} as unknown as DocumentNode<TicketQuery, TicketQueryVariables>;
export const TicketsByReferenceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TicketsByReference"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"reference"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TicketReferenceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticketsByReference"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"reference"},"value":{"kind":"Variable","name":{"kind":"Name","value":"reference"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"helpdeskTicketNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchComplaintNumber"}},{"kind":"Field","name":{"kind":"Name","value":"branchCode"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"statusQueued"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}}]}}]} as unknown as DocumentNode<TicketsByReferenceQuery, TicketsByReferenceQueryVariables>;
export const UpdateTicketStatusDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateTicketStatus"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateTicketStatusInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateTicketStatus"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"bsgTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"detailsFrom"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusLabel"}},{"kind":"Field","name":{"kind":"Name","value":"customerPhone"}},{"kind":"Field","name":{"kind":"Name","value":"customerName"}},{"kind":"Field","name":{"kind":"Name","value":"customerEmail"}},{"kind":"Field","name":{"kind":"Name","value":"maskedTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"sourceTicketId"}},{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"handlingTime"}},{"kind":"Field","name":{"kind":"Name","value":"mainCategory"}},{"kind":"Field","name":{"kind":"Name","value":"categoryName"}},{"kind":"Field","name":{"kind":"Name","value":"categoryId"}},{"kind":"Field","name":{"kind":"Name","value":"subCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory"}},{"kind":"Field","name":{"kind":"Name","value":"detailSubCategory2"}},{"kind":"Field","name":{"kind":"Name","value":"createdByName"}},{"kind":"Field","name":{"kind":"Name","value":"createdById"}},{"kind":"Field","name":{"kind":"Name","value":"isEscalated"}},{"kind":"Field","name":{"kind":"Name","value":"observedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"submission"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"settledAt"}},{"kind":"Field","name":{"kind":"Name","value":"deliverBy"}},{"kind":"Field","name":{"kind":"Name","value":"nextTryAt"}},{"kind":"Field","name":{"kind":"Name","value":"ticket"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusInDoubt"}},{"kind":"Field","name":{"kind":"Name","value":"statusQueued"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"limit"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}}]} as unknown as DocumentNode<UpdateTicketStatusMutation, UpdateTicketStatusMutationVariables>;