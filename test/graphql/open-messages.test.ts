import { expect, test } from "vitest";
import { MUTATIONS, inlined } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const { document: query, example } = MUTATIONS.createHelpdeskTicket;
const SIX = ["customerName", "content", "connectId", "amount", "atmName", "atmId"];
const NONE_OF_SIX = Object.fromEntries(SIX.map((field) => [field, undefined]));

const service = sharedService({ config: { APP_MODE: "development" } });

const messagesFor = async (request: object) => {
  const { errors } = await service.post(JSON.stringify(request));
  return errors?.map(({ message }) => message);
};
const messagesForInput = (changes: object) =>
  messagesFor({ query, variables: { input: { ...example, ...changes } } });

test("A message in development MUST be graphql-js's own, with names, values and suggestions", async () => {
  const [advice] = (await messagesForInput({ customer_name: "Alex" }))!;
  expect(advice).toContain('Did you mean "customerName" or "customerEmail"?');
  expect(await messagesForInput({ customerName: 5 })).toEqual([
    'Variable "$input" got invalid value 5 at "input.customerName"; String cannot represent a non string value: 5',
  ]);
});

test("A message in development MUST name each of six fields that a document lacks, and each that a variable lacks", async () => {
  const named = SIX.map((field) => expect.stringContaining(field) as string);

  expect(await messagesFor({ query: inlined("createHelpdeskTicket", NONE_OF_SIX) })).toEqual(named);
  expect(await messagesForInput(NONE_OF_SIX)).toEqual(named);
});
