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
    "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": typeof types.CreateHelpdeskTicketDocument,
    "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": typeof types.CreateVoiceTicketDocument,
    "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": typeof types.UpdateTicketStatusDocument,
};
const documents: Documents = {
    "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": types.CreateHelpdeskTicketDocument,
    "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": types.CreateVoiceTicketDocument,
    "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}": types.UpdateTicketStatusDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CreateHelpdeskTicket($input: CreateHelpdeskTicketInput!) {\n  createHelpdeskTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').CreateHelpdeskTicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CreateVoiceTicket($input: CreateVoiceTicketInput!) {\n  createVoiceTicket(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').CreateVoiceTicketDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation UpdateTicketStatus($input: UpdateTicketStatusInput!) {\n  updateTicketStatus(input: $input) {\n    ticket {\n      id\n      number\n      kind\n      bsgTicketId\n      status\n      statusLabel\n      customerPhone\n      customerName\n      customerEmail\n      maskedTicketId\n      sourceTicketId\n      subject\n      content\n      createdAt\n      closedAt\n      handlingTime\n      mainCategory\n      categoryName\n      categoryId\n      subCategory\n      detailSubCategory\n      detailSubCategory2\n      createdByName\n      createdById\n      isEscalated\n      observedAt\n    }\n    problems {\n      code\n      message\n      field\n      retryable\n      retryAfterSeconds\n      traceId\n    }\n    replayed\n  }\n}"): typeof import('./graphql.js').UpdateTicketStatusDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
