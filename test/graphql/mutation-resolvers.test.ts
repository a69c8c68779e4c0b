import "reflect-metadata";
import { getMetadataStorage as validation, validateSync } from "class-validator";
import {
  type Arbitrary,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  oneof,
  record,
  string,
} from "fast-check";
import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  coerceInputValue,
  getNamedType,
  isEnumType,
  isNonNullType,
  isNullableType,
} from "graphql";
import { Arg, UseMiddleware, buildSchemaSync } from "type-graphql";
import { describe, expect, test } from "vitest";
import type { Context } from "../../src/graphql/context.ts";
import { mutationResolvers } from "../../src/graphql/resolvers/mutation-resolvers.ts";
import { TicketMutations } from "../../src/graphql/resolvers/mutations.ts";
import { schema } from "../../src/graphql/schema.ts";
import type { Resolver } from "../../src/graphql/scopes.ts";
import { FieldType } from "../../src/tickets/fields/field-type.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";

const CASES = 500;

/** Context whose use cases return what they are asked for. */
const ECHO = {
  caller: { clientId: "client", person: null, scopes: new Set() },
  submit: (intent: unknown) => intent,
  resolve: (request: unknown) => request,
  cancel: (submissionId: string, by: object) => ({ submissionId, by }),
} as unknown as Context;

/** Error of the reference for input that breaks constraints. */
class Breaches extends Error {
  readonly fields: string[];

  constructor(fields: string[]) {
    super(fields.join());
    this.fields = fields;
  }
}

/** Checks an input with class-validator's own executor, after its fields were put into form. */
function checkWithClassValidator(argument: object | undefined): void {
  const input = argument as Record<string, unknown>;
  for (const { propertyName, context } of validation().getTargetValidationMetadatas(
    input.constructor,
    "",
    false,
    false,
  ))
    if (context instanceof FieldType && input[propertyName] !== undefined)
      input[propertyName] = context.inForm(input[propertyName]);
  const broken = validateSync(input).map(({ property }) => property);
  if (broken.length > 0) throw new Breaches(broken);
}

/** The mutations with the resolvers of TypeGraphQL. */
const REFERENCE = buildSchemaSync({
  resolvers: [TicketMutations],
  validateFn: checkWithClassValidator,
  skipCheck: true,
})
  .getMutationType()!
  .getFields();

const SUBMISSION = "0190a0b1-2f1d-7a53-9d0f-5a4f6d7c8b9a";
const KEY = { idempotencyKey: SUBMISSION, whenUnavailable: "FAIL" };
const EXAMPLES: Record<keyof TicketMutations, Readonly<Record<string, unknown>>> = {
  createHelpdeskTicket: { ...HELPDESK_TICKET, ...KEY, unlessAlreadyOpened: true },
  createVoiceTicket: { ...VOICE_TICKET, ...KEY, unlessAlreadyOpened: true },
  updateTicketStatus: { ...STATUS_CHANGE, ...KEY },
  cancelTicketSubmission: { submissionId: SUBMISSION },
  resolveTicketSubmission: {
    submissionId: SUBMISSION,
    verdict: "CREATED",
    ticketId: STATUS_CHANGE.ticketId,
    ticketNumber: "826282",
    note: "Found in Sociomile",
    correct: false,
    evenIfTaken: false,
  },
};

const TEXTS = [
  ...Object.values({ ...HELPDESK_TICKET, ...VOICE_TICKET, ...STATUS_CHANGE }).map(String),
  "4a1b9f0e-2f1d-4a53-9d0f-5a4f6d7c8b9a",
  " 0812-3456 7890 ",
  "\u200b12 34\u00a0",
  "two\nlines",
  "\ud800",
  "+62 (0)812",
  "x".repeat(256),
];

/** Values of a field: mostly `example`, so that many inputs break no constraint. */
function valuesOf({ type }: GraphQLInputField, example: unknown): Arbitrary<unknown> {
  const named = getNamedType(type);
  const present = isEnumType(named)
    ? constantFrom(...named.getValues().map(({ name }) => name))
    : named.name === "Boolean"
      ? boolean()
      : oneof(
          { arbitrary: constantFrom(...TEXTS), weight: 8 },
          string(),
          string({ unit: "binary" }),
          constant(""),
        );
  const usual = { arbitrary: constant(example), weight: 20 };
  return isNullableType(type) ? oneof(usual, present, constant(null)) : oneof(usual, present);
}

/** Inputs of JSON that fit a type. */
function inputsOf(
  type: GraphQLInputObjectType,
  example: Readonly<Record<string, unknown>>,
): Arbitrary<unknown> {
  const fields = Object.values(type.getFields());
  return record(
    Object.fromEntries(fields.map((field) => [field.name, valuesOf(field, example[field.name])])),
    {
      requiredKeys: fields
        .filter(({ type: ofField, defaultValue }) => isNonNullType(ofField) && defaultValue === undefined)
        .map(({ name }) => name),
    },
  );
}

const isSome = (count: number) => count > 0;

async function resultOf(resolve: Resolver, input: unknown): Promise<unknown> {
  return resolve(undefined, { input }, ECHO, undefined as never);
}

interface Answer {
  problems: readonly { code: string; field: string | null }[];
}

function hasProblems(result: unknown): result is Answer {
  return typeof result === "object" && result !== null && "problems" in result;
}

function withoutMessages(result: unknown): unknown {
  if (!hasProblems(result)) return result;
  return { ...result, problems: result.problems.map(({ code, field }) => ({ code, field })) };
}

/** Makes the function that answers an error of the reference, with the problems in the order of the schema. */
function answerTo(type: GraphQLInputObjectType): (error: unknown) => object {
  const names = Object.keys(type.getFields());
  return (error) => {
    if (!(error instanceof Breaches)) throw error;
    const fields = names.filter((name) => error.fields.includes(name));
    const problems = fields.map((field) => ({ code: "INVALID_INPUT", field }));
    return { ticket: null, submission: null, problems, replayed: false };
  };
}

describe("resolvers of mutations", () => {
  const resolvers = mutationResolvers();

  test.each(Object.keys(resolvers))(
    "MUST do what TypeGraphQL and class-validator do, and leave the variables unchanged: %s",
    async (name) => {
      const { type } = schema.getMutationType()!.getFields()[name]!.args[0]!;
      const inputType = getNamedType(type) as GraphQLInputObjectType;
      const seen = { valid: 0, invalid: 0 };
      const holds = asyncProperty(
        inputsOf(inputType, EXAMPLES[name as keyof TicketMutations]),
        async (json) => {
          const coerced = Object.freeze(coerceInputValue(json, inputType)) as object;
          const result = withoutMessages(await resultOf(resolvers[name]!, coerced));
          const expected = await resultOf(REFERENCE[name]!.resolve!, coerced).catch(answerTo(inputType));
          seen[hasProblems(expected) ? "invalid" : "valid"]++;

          expect(result).toEqual(expected);
        },
      );
      await assert(holds, { numRuns: CASES });
      expect(seen).toEqual({ valid: expect.toSatisfy(isSome), invalid: expect.toSatisfy(isSome) });
    },
  );

  // These are the last tests of this file, because nothing takes a decorator away again.
  test.each<[what: string, decorate: () => void]>([
    [
      "createVoiceTicket must have no middleware and no roles",
      () => UseMiddleware((_, next) => next())(TicketMutations.prototype, "createVoiceTicket", {}),
    ],
    [
      "createHelpdeskTicket must take one input and the context",
      () => Arg("dryRun", () => Boolean)(TicketMutations.prototype, "createHelpdeskTicket", 2),
    ],
  ])("MUST NOT be made when TypeGraphQL's would do more: %s", (message, decorate) => {
    decorate();
    buildSchemaSync({ resolvers: [TicketMutations], skipCheck: true });

    expect(() => mutationResolvers()).toThrow(message);
  });
});
