import { describe, expect, test } from "vitest";
import { MUTATIONS, inlined } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";

const CREATE = MUTATIONS.createHelpdeskTicket.document;
const EXAMPLE = MUTATIONS.createHelpdeskTicket.example;
const SIX = ["customerName", "content", "connectId", "amount", "atmName", "atmId"];
const NONE_OF_SIX = Object.fromEntries(SIX.map((field) => [field, undefined]));

describe("a message in development, on loopback", () => {
  const service = sharedService({ config: { APP_MODE: "development" } });

  const messagesFor = async (request: object) => {
    const { errors } = await service.post(JSON.stringify(request));
    return errors?.map(({ message }) => message);
  };

  testTable<[object, string]>({
    "an unknown field": [
      { query: '{ ticket(id: "1") { nummer } }' },
      'Cannot query field "nummer" on type "Ticket". Did you mean "number"?',
    ],
    "a wrong value": [
      { query: "{ ticket(id: 1.5) { id } }" },
      "ID cannot represent a non-string and non-integer value: 1.5",
    ],
    "a syntax error": [
      { query: "{ ticket(id: 'abc') { id } }" },
      "Syntax Error: Unexpected single quote character ('), did you mean to use a double quote (\")?",
    ],
    "an unknown operation": [
      { query: "query a { __typename }", operationName: "b" },
      'Unknown operation named "b".',
    ],
    "an unknown field of a variable": [
      { query: CREATE, variables: { input: { ...EXAMPLE, customer_name: "Alex" } } },
      'Field "customer_name" is not defined by type "CreateHelpdeskTicketInput". Did you mean "customerName" or "customerEmail"?',
    ],
    "a wrong value in a variable": [
      { query: CREATE, variables: { input: { ...EXAMPLE, customerName: 5 } } },
      'Variable "$input" got invalid value 5 at "input.customerName"; String cannot represent a non string value: 5',
    ],
  })("MUST be graphql-js's own, with names, values and suggestions: %s", async (_, [request, message]) => {
    expect(await messagesFor(request)).toEqual([expect.stringContaining(message)]);
  });

  test("MUST name each of six fields that a document lacks, and each that a variable lacks", async () => {
    const named = SIX.map((field) => expect.stringContaining(field) as string);

    expect(await messagesFor({ query: inlined("createHelpdeskTicket", NONE_OF_SIX) })).toEqual(named);
    expect(
      await messagesFor({ query: CREATE, variables: { input: { ...EXAMPLE, ...NONE_OF_SIX } } }),
    ).toEqual(named);
  });
});
