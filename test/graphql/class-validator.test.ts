/** Inputs are validated by class-validator, and nothing of its errors but what this service tells leaves it. */
import { IsIn } from "class-validator";
import { InputType } from "type-graphql";
import { expect, test, vi } from "vitest";
import type * as helpdesk from "../../src/graphql/inputs/create-helpdesk-ticket.ts";
import { InvalidInput, validateInput } from "../../src/graphql/inputs/validate.ts";
import { MUTATIONS, type MutationName, inlined, mutate } from "../support/mutations.ts";
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
