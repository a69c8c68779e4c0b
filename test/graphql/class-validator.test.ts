/** Inputs are validated by class-validator, and nothing of its errors but what this service tells leaves it. */
import { IsIn, validateSync } from "class-validator";
import { array, assert, constantFrom, property, tuple } from "fast-check";
import { InputType } from "type-graphql";
import { expect, test, vi } from "vitest";
import type * as helpdesk from "../../src/graphql/inputs/create-helpdesk-ticket.ts";
import { CreateHelpdeskTicketInput } from "../../src/graphql/inputs/create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "../../src/graphql/inputs/create-voice-ticket.ts";
import { fieldsOf } from "../../src/graphql/inputs/constraints.ts";
import { UpdateTicketStatusInput } from "../../src/graphql/inputs/update-ticket-status.ts";
import { InvalidInput, validateInput } from "../../src/graphql/inputs/validate.ts";
import { CHECKS, errorsIn } from "../../src/tickets/fields/rules.ts";
import { MUTATIONS, type MutationName, inlined, mutate } from "../support/mutations.ts";
import { HELPDESK, STATUS, VOICE } from "../sociomile/requests.ts";
import { sharedService } from "../support/service.ts";

/** The mutation takes a subclass of its input, to which a rule of class-validator was added. */
vi.mock("../../src/graphql/inputs/create-helpdesk-ticket.ts", async (original) => {
  const { CreateHelpdeskTicketInput: Input } = await original<typeof helpdesk>();
  class InputOfOneBranch extends Input {}
  InputType("CreateHelpdeskTicketInput")(InputOfOneBranch);
  IsIn(["001"])(InputOfOneBranch.prototype, "branchCode");
  return { CreateHelpdeskTicketInput: InputOfOneBranch };
});

const service = sharedService();

test("A rule of class-validator MUST hold in a mutation as soon as it stands at a field", async () => {
  const problemsWith = async (branchCode: string) =>
    (await service.post(JSON.stringify({ query: inlined("createHelpdeskTicket", { branchCode }) }))).data;

  expect(await problemsWith("001")).toMatchObject({ createHelpdeskTicket: { problems: [] } });
  expect(await problemsWith("002")).toEqual({
    createHelpdeskTicket: { ticket: null, problems: [{ code: "INVALID_INPUT", field: "branchCode" }] },
  });
  expect(service.sandbox.received).toHaveLength(1);
});

/** Breaks a rule of text, of one line, of an amount, and so on. */
const CANARY = "canary $value\u0000\n";

test.each(Object.keys(MUTATIONS) as MutationName[])(
  "The answer to %s and its log MUST hold nothing of class-validator's errors but rule, limit, field and our sentence",
  async (name) => {
    const fields = Object.keys({ ...MUTATIONS[name].example, idempotencyKey: "" });
    const free = fields.filter((field) => field !== "status");
    const changes = Object.fromEntries(free.map((field) => [field, CANARY + field]));

    const { payload, text } = await mutate(service, name, changes);

    expect(payload?.problems.map(({ field }) => field).toSorted()).toEqual(free.toSorted());
    const told = text + JSON.stringify([service.operations, service.events]);
    expect(told).not.toMatch(/canary|must be|\$\w|constraints|contexts|target|property|validat/i);
  },
);

test("An input without any rule MUST be refused, because class-validator would check nothing", () => {
  class Unchecked {
    field = "value";
  }
  expect(() => validateInput(new Unchecked())).toThrow(InvalidInput);
});

const INPUTS = [
  [CreateHelpdeskTicketInput, HELPDESK],
  [CreateVoiceTicketInput, VOICE],
  [UpdateTicketStatusInput, STATUS],
] as const;
const KEY = { idempotencyKey: "a-key-of-this-test" };
/** Values of which each fits some fields, breaks the rules of others, or is the absence that a condition asks about. */
const VALUES = [undefined, null, "", " ", 7, "001", "1:02:03", "a@b.example", "+6281234567", "2000000,5"];
const MIXED = constantFrom(...VALUES, "4111111111111111", "two\nlines", "x".repeat(300), "key-of-a-test");

test.each(INPUTS)(
  "Errors in %o MUST be those of class-validator, whatever one or two of its fields hold",
  (Input, { details }) => {
    const fields = constantFrom(...Object.keys(fieldsOf(Input.prototype)));
    const numbers = new Set<number>();
    const isSame = property(array(tuple(fields, MIXED), { maxLength: 2 }), (changes) => {
      const input = Object.assign(new Input(), KEY, details, Object.fromEntries(changes));
      const errors = validateSync(input, CHECKS);
      numbers.add(errors.length);
      expect(errorsIn(input)).toEqual(errors);
    });
    assert(isSame, { numRuns: 500 });
    expect(numbers).toEqual(new Set([0, 1, 2]));
  },
);
