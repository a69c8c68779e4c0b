/** Inputs are validated by class-validator, and nothing of its errors but what this service tells leaves it. */
import {
  IsIn,
  IsNotEmpty,
  IsOptional,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
} from "class-validator";
import { InputType } from "type-graphql";
import { expect, test, vi } from "vitest";
import type * as ticketInputs from "../../src/graphql/types/ticket-inputs.ts";
import {
  AMOUNT,
  CLEAR_LINE,
  InvalidInput,
  Optional,
  PHONE,
  Required,
  validateInput,
} from "../../src/graphql/types/fields.ts";
import { MUTATIONS, type MutationName, inlined, mutate } from "../support/mutations.ts";
import { type Problem, PROBLEMS } from "../../src/errors.ts";
import { sharedService } from "../support/service.ts";

/** The mutation takes a subclass of its input, to which a rule of class-validator was added. */
vi.mock("../../src/graphql/types/ticket-inputs.ts", async (original) => {
  const inputs = await original<typeof ticketInputs>();
  class InputOfOneBranch extends inputs.CreateHelpdeskTicketInput {}
  InputType("CreateHelpdeskTicketInput")(InputOfOneBranch);
  IsIn(["001"])(InputOfOneBranch.prototype, "branchCode");
  return { ...inputs, CreateHelpdeskTicketInput: InputOfOneBranch };
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
    const reported = text + JSON.stringify([service.operations, service.events]);
    expect(reported).not.toMatch(/canary|must be|\$\w|constraints|contexts|target|property|validat/i);
  },
);

const problemsOfInput = (input: object): readonly Problem[] => {
  try {
    return (validateInput(input), []);
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
};

test("An input without any rule MUST be refused, because class-validator would check nothing", () => {
  class Unchecked {
    field = "value";
  }
  expect(problemsOfInput(new Unchecked())).toMatchObject([{ field: "input", rule: null }]);
});

/** A value that must be greater than that of the field beside it. */
const AboveMinimum = ValidateBy({
  name: "aboveMinimum",
  validator: {
    validate: (value: string, of?: ValidationArguments) => Number(value) > Number((of!.object as Transfer).minimum),
  },
});

class Contact {
  @Required(PHONE, "Phone.") phone = "0812";
}

class Transfer {
  @IsNotEmpty({ each: true }) remarks = ["canary"];
  @ValidateNested() contacts = [new Contact()];
  @Required(AMOUNT, "Least amount.") minimum = "1";
  @AboveMinimum @Required(AMOUNT, "Amount.") amount = "2";
  @IsOptional() @IsIn(["001", "002"]) @Optional(CLEAR_LINE, "Branch.") branch: string | null = null;
  @ValidateIf(({ branch }: Transfer) => branch !== null) @Required(CLEAR_LINE, "Desk.") desk = "";
}

const contactOf = (phone: string) => Object.assign(new Contact(), { phone });
const OF_LIBRARY = { code: "INVALID_INPUT", rule: null, message: PROBLEMS.INVALID_INPUT.message };

test.each<[rule: string, changes: Partial<Transfer>, problems: object[]]>([
  ["none is broken", {}, []],
  ["one for each item of a list", { remarks: ["canary", ""] }, [{ ...OF_LIBRARY, field: "remarks" }]],
  [
    "those of the inputs in a list, after their form",
    { contacts: [contactOf(" 0812\n"), contactOf("canary")] },
    [{ field: "contacts.1.phone", rule: "NOT_A_PHONE" }],
  ],
  ["one that looks at another field", { minimum: "2" }, [{ ...OF_LIBRARY, field: "amount" }]],
  ["ours of two at one field", { amount: "canary" }, [{ field: "amount", rule: "NOT_AN_AMOUNT" }]],
  ["one beside ours, after its form", { branch: " 001\n", desk: "7" }, []],
  ["one beside ours", { branch: "canary", desk: "7" }, [{ ...OF_LIBRARY, field: "branch" }]],
  ["none at an empty field that is optional", { branch: "" }, []],
  ["one under a condition", { branch: "001" }, [{ field: "desk", rule: "REQUIRED" }]],
])("Rules of class-validator MUST hold as the library says: %s", (_, changes, problems) => {
  const reported = problemsOfInput(Object.assign(new Transfer(), changes));

  expect(reported).toMatchObject(problems);
  expect(reported).toHaveLength(problems.length);
  expect(JSON.stringify(reported)).not.toMatch(/canary|aboveMinimum|should|must be one of/);
});

test("A list of inputs MUST be checked, each of them, and a list of ids taken", () => {
  expect(problemsOfInput([contactOf("0812"), contactOf("x")])).toMatchObject([{ field: "phone" }]);
  expect(problemsOfInput(["an id"])).toEqual([]);
});
