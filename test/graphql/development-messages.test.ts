import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { MUTATIONS, inlined, mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

const CREATE = MUTATIONS.createHelpdeskTicket.document;
const EXAMPLE = MUTATIONS.createHelpdeskTicket.example;
/** Card number in all places where a value can stand. No answer may hold it. */
const CARD = "4929123456789012";

const UPDATE = "UpdateTicketStatusInput";
const updateDocument = (input: string) => `mutation { updateTicketStatus(input: ${input}) { replayed } }`;

let service: Service;
beforeAll(async () => void (service = await startService({ config: { APP_MODE: "development" } })));
afterAll(() => service[Symbol.asyncDispose]());

const messagesFor = async (request: object) => {
  const { errors, text } = await service.post(JSON.stringify(request));
  return { messages: errors?.map(({ message }) => message), text };
};

describe("a message in development", () => {
  test.each<[string, object, string]>([
    [
      "an unknown field",
      { query: '{ ticket(id: "1") { nummer } }' },
      'Cannot query field "nummer" on type "Ticket". Did you mean "number"?',
    ],
    [
      "a syntax error",
      { query: "{ ticket(id: 'abc') { id } }" },
      "Syntax Error: Unexpected single quote character ('), did you mean to use a double quote (\")?",
    ],
    [
      "an unknown operation",
      { query: "query a { __typename }", operationName: "b" },
      'Unknown operation named "b".',
    ],
    [
      "an unknown field of an input in variables",
      { query: CREATE, variables: { input: { ...EXAMPLE, customer_name: CARD } } },
      'Field "customer_name" is not defined by type "CreateHelpdeskTicketInput". Did you mean "customerName" or "customerEmail"?',
    ],
    [
      "an unknown field of an input in the document",
      { query: inlined("createHelpdeskTicket", { customer_name: CARD }) },
      'Field "customer_name" is not defined by type "CreateHelpdeskTicketInput". Did you mean "customerName" or "customerEmail"?',
    ],
    [
      "a field that is missing in the document",
      { query: inlined("createHelpdeskTicket", { amount: undefined }) },
      'Field "CreateHelpdeskTicketInput.amount" of required type "Rupiah!" was not provided.',
    ],
  ])("MUST be graphql-js's own, with names and suggestions, for %s", async (_, request, message) => {
    expect((await messagesFor(request)).messages).toEqual([message]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["text", { customerName: [CARD] }, "CreateHelpdeskTicketInput.customerName must have the type String."],
    [
      "an object",
      { customerName: { a: CARD } },
      "CreateHelpdeskTicketInput.customerName must have the type String.",
    ],
    [
      "digits",
      { cardNumber: { a: CARD } },
      'CreateHelpdeskTicketInput.cardNumber must have the type Digits. Send a string of digits, such as "826282".',
    ],
    [
      "a key that is no name",
      { [CARD]: CARD },
      "The input has 1 field that CreateHelpdeskTicketInput does not have.",
    ],
  ])("MUST name the place and the type of a variable, never the value: %s", async (_, changes, message) => {
    const { errors, text } = await mutate(service, "createHelpdeskTicket", changes);

    expect(errors?.map((error) => error.message)).toEqual([message]);
    expect(text).not.toContain(CARD);
  });

  test("MUST list the values of an enum", async () => {
    const { errors } = await mutate(service, "updateTicketStatus", { status: CARD });

    expect(errors).toMatchObject([
      {
        message:
          "UpdateTicketStatusInput.status must have the type TicketStatus. Send one of OPEN, IN_PROGRESS, PENDING, " +
          "PENDING_APPROVAL, ON_HOLD, CLOSE.",
      },
    ]);
  });

  test.each<[string, string]>([
    [`{ ticket(id: ${CARD}.5) { id } }`, "Query.ticket(id:) must have the type ID!."],
    [`{ ticket(id: {a: "${CARD}"}) { id } }`, "Query.ticket(id:) must have the type ID!."],
    [`{ ticket(id: ["${CARD}"]) { id } }`, "Query.ticket(id:) must have the type ID!."],
    [
      `{ ticketSubmissions(first: ${CARD}) { edges { cursor } } }`,
      "Query.ticketSubmissions(first:) must have the type Int!.",
    ],
    [`{ __typename @skip(if: "${CARD}") }`, "@skip(if:) must have the type Boolean!."],
    [
      `query ($a: Int = "${CARD}") { ticketSubmissions(first: $a) { edges { cursor } } }`,
      "A value must have the type Int.",
    ],
    [updateDocument(`"${CARD}"`), `Mutation.updateTicketStatus(input:) must have the type ${UPDATE}!.`],
    [
      updateDocument(`{ticketId: "1", bsgTicketId: ${CARD}, status: OPEN}`),
      `${UPDATE}.bsgTicketId must have the type String!.`,
    ],
    [`{ _entities(representations: [null, "${CARD}"]) { __typename } }`, "A value must have the type _Any!."],
    [`{ ticket(id: 1 "${CARD}") { id } }`, "Syntax Error: Unexpected or malformed value."],
    [`{ ticket(id: 1 """${CARD}""") { id } }`, "Syntax Error: Unexpected or malformed value."],
    [`{ ticket(id: 1 ${CARD}) { id } }`, "Syntax Error: Unexpected or malformed value."],
    [`{ ticket(id: 1 -${CARD}.5) { id } }`, "Syntax Error: Unexpected or malformed value."],
    [`{ ticket(id: "\\u{${CARD}}") { id } }`, "Syntax Error: Unexpected or malformed value."],
  ])(
    "MUST name the place and the type of a value in a document, never the value: %s",
    async (query, message) => {
      const { messages, text } = await messagesFor({ query });

      expect(messages).toContain(message);
      expect(text).not.toContain(CARD.slice(0, 6));
    },
  );

  test("MUST NOT print an input that turns out wrong during execution", async () => {
    const query = `mutation ($t: ID = "1") {
      updateTicketStatus(input: {ticketId: $t, bsgTicketId: "${CARD}", status: OPEN}) { replayed }
    }`;

    const { messages, text } = await messagesFor({ query, variables: { t: null } });

    expect(messages).toEqual([`Mutation.updateTicketStatus(input:) must have the type ${UPDATE}!.`]);
    expect(text).not.toContain(CARD);
  });

  test("MUST NOT repeat the name of an operation that is no name", async () => {
    const { messages } = await messagesFor({
      query: "query a { __typename }",
      operationName: `Alex, ${CARD}`,
    });

    expect(messages).toEqual([ERRORS.OPERATION_RESOLUTION_FAILURE.message]);
  });
});
