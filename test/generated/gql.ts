/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": typeof types.CreateHelpdeskTicketDocument,
    "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": typeof types.CreateVoiceTicketDocument,
    "query DoubtfulSubmissions($first: Int! = 20, $after: String) {\n  ticketSubmissions(state: UNCERTAIN, first: $first, after: $after) {\n    edges {\n      cursor\n      node {\n        id\n        operation\n        reason\n        attempts\n        createdAt\n        settledAt\n        ticketId\n        bsgTicketId\n        helpdeskTicketNumber\n        branchComplaintNumber\n        sourceTicketId\n        branchCode\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": typeof types.DoubtfulSubmissionsDocument,
    "mutation HandInHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n    }\n    submission {\n      id\n      state\n      reason\n      deliverBy\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n    }\n    replayed\n  }\n}": typeof types.HandInHelpdeskTicketDocument,
    "mutation CancelTicketSubmission($input: CancelTicketSubmissionInput!) {\n  cancelTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n    }\n  }\n}": typeof types.CancelTicketSubmissionDocument,
    "mutation ResolveTicketSubmission($input: ResolveTicketSubmissionInput!) {\n  resolveTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n      ticketId\n      resolution {\n        verdict\n        by\n        at\n        note\n      }\n    }\n    problems {\n      code\n      message\n      field\n      retryAfterSeconds\n    }\n  }\n}": typeof types.ResolveTicketSubmissionDocument,
    "query TicketHistory($id: ID!, $first: Int! = 20, $after: String) {\n  ticket(id: $id) {\n    id\n    submissions(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          operation\n          state\n          reason\n          createdAt\n          settledAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": typeof types.TicketHistoryDocument,
    "query TicketSubmission($id: ID!) {\n  ticketSubmission(id: $id) {\n    id\n    operation\n    state\n    reason\n    attempts\n    createdAt\n    settledAt\n    deliverBy\n    ticketId\n  }\n}": typeof types.TicketSubmissionDocument,
    "query Ticket($id: ID!) {\n  ticket(id: $id) {\n    id\n    number\n    kind\n    bsgTicketId\n    status\n    statusLabel\n    customerName\n    subject\n    content\n    createdAt\n    closedAt\n    isEscalated\n    observedAt\n  }\n}": typeof types.TicketDocument,
    "query TicketsByReference($reference: TicketReferenceInput!) {\n  ticketsByReference(reference: $reference) {\n    id\n    number\n    kind\n    helpdeskTicketNumber\n    branchComplaintNumber\n    branchCode\n    bsgTicketId\n    detailsFrom\n    status\n    statusInDoubt\n    customerName\n    subject\n    content\n    observedAt\n  }\n}": typeof types.TicketsByReferenceDocument,
    "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": typeof types.UpdateTicketStatusDocument,
};
const documents: Documents = {
    "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": types.CreateHelpdeskTicketDocument,
    "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": types.CreateVoiceTicketDocument,
    "query DoubtfulSubmissions($first: Int! = 20, $after: String) {\n  ticketSubmissions(state: UNCERTAIN, first: $first, after: $after) {\n    edges {\n      cursor\n      node {\n        id\n        operation\n        reason\n        attempts\n        createdAt\n        settledAt\n        ticketId\n        bsgTicketId\n        helpdeskTicketNumber\n        branchComplaintNumber\n        sourceTicketId\n        branchCode\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": types.DoubtfulSubmissionsDocument,
    "mutation HandInHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n    }\n    submission {\n      id\n      state\n      reason\n      deliverBy\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n    }\n    replayed\n  }\n}": types.HandInHelpdeskTicketDocument,
    "mutation CancelTicketSubmission($input: CancelTicketSubmissionInput!) {\n  cancelTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n    }\n  }\n}": types.CancelTicketSubmissionDocument,
    "mutation ResolveTicketSubmission($input: ResolveTicketSubmissionInput!) {\n  resolveTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n      ticketId\n      resolution {\n        verdict\n        by\n        at\n        note\n      }\n    }\n    problems {\n      code\n      message\n      field\n      retryAfterSeconds\n    }\n  }\n}": types.ResolveTicketSubmissionDocument,
    "query TicketHistory($id: ID!, $first: Int! = 20, $after: String) {\n  ticket(id: $id) {\n    id\n    submissions(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          operation\n          state\n          reason\n          createdAt\n          settledAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}": types.TicketHistoryDocument,
    "query TicketSubmission($id: ID!) {\n  ticketSubmission(id: $id) {\n    id\n    operation\n    state\n    reason\n    attempts\n    createdAt\n    settledAt\n    deliverBy\n    ticketId\n  }\n}": types.TicketSubmissionDocument,
    "query Ticket($id: ID!) {\n  ticket(id: $id) {\n    id\n    number\n    kind\n    bsgTicketId\n    status\n    statusLabel\n    customerName\n    subject\n    content\n    createdAt\n    closedAt\n    isEscalated\n    observedAt\n  }\n}": types.TicketDocument,
    "query TicketsByReference($reference: TicketReferenceInput!) {\n  ticketsByReference(reference: $reference) {\n    id\n    number\n    kind\n    helpdeskTicketNumber\n    branchComplaintNumber\n    branchCode\n    bsgTicketId\n    detailsFrom\n    status\n    statusInDoubt\n    customerName\n    subject\n    content\n    observedAt\n  }\n}": types.TicketsByReferenceDocument,
    "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}": types.UpdateTicketStatusDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').CreateHelpdeskTicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').CreateVoiceTicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query DoubtfulSubmissions($first: Int! = 20, $after: String) {\n  ticketSubmissions(state: UNCERTAIN, first: $first, after: $after) {\n    edges {\n      cursor\n      node {\n        id\n        operation\n        reason\n        attempts\n        createdAt\n        settledAt\n        ticketId\n        bsgTicketId\n        helpdeskTicketNumber\n        branchComplaintNumber\n        sourceTicketId\n        branchCode\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}"): typeof import('./graphql.js').DoubtfulSubmissionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation HandInHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n    }\n    submission {\n      id\n      state\n      reason\n      deliverBy\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').HandInHelpdeskTicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CancelTicketSubmission($input: CancelTicketSubmissionInput!) {\n  cancelTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n    }\n  }\n}"): typeof import('./graphql.js').CancelTicketSubmissionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation ResolveTicketSubmission($input: ResolveTicketSubmissionInput!) {\n  resolveTicketSubmission(input: $input) {\n    submission {\n      id\n      state\n      reason\n      ticketId\n      resolution {\n        verdict\n        by\n        at\n        note\n      }\n    }\n    problems {\n      code\n      message\n      field\n      retryAfterSeconds\n    }\n  }\n}"): typeof import('./graphql.js').ResolveTicketSubmissionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query TicketHistory($id: ID!, $first: Int! = 20, $after: String) {\n  ticket(id: $id) {\n    id\n    submissions(first: $first, after: $after) {\n      edges {\n        cursor\n        node {\n          id\n          operation\n          state\n          reason\n          createdAt\n          settledAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}"): typeof import('./graphql.js').TicketHistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query TicketSubmission($id: ID!) {\n  ticketSubmission(id: $id) {\n    id\n    operation\n    state\n    reason\n    attempts\n    createdAt\n    settledAt\n    deliverBy\n    ticketId\n  }\n}"): typeof import('./graphql.js').TicketSubmissionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Ticket($id: ID!) {\n  ticket(id: $id) {\n    id\n    number\n    kind\n    bsgTicketId\n    status\n    statusLabel\n    customerName\n    subject\n    content\n    createdAt\n    closedAt\n    isEscalated\n    observedAt\n  }\n}"): typeof import('./graphql.js').TicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query TicketsByReference($reference: TicketReferenceInput!) {\n  ticketsByReference(reference: $reference) {\n    id\n    number\n    kind\n    helpdeskTicketNumber\n    branchComplaintNumber\n    branchCode\n    bsgTicketId\n    detailsFrom\n    status\n    statusInDoubt\n    customerName\n    subject\n    content\n    observedAt\n  }\n}"): typeof import('./graphql.js').TicketsByReferenceDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    submission {\n      id\n      state\n      reason\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n      ticketId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').UpdateTicketStatusDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
