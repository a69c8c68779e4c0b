/** Declarations of fields. An input field has a type, from which its scalar, its rules and their description come. */
import "reflect-metadata";
import { ValidateBy, type ValidationArguments, type ValidationError, validateSync } from "class-validator";
import type { GraphQLScalarType } from "graphql";
import { Directive, Field, ID, registerEnumType } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import { meaningsOf } from "../../tickets/ticket.ts";
import type { FieldType } from "../../tickets/fields/field-types.ts";
import * as types from "../../tickets/fields/field-types.ts";
import { REFERENCE as REFERENCE_TYPE } from "../../tickets/fields/references.ts";
import { LIMITS } from "../../tickets/fields/rules.ts";
import { PublicError } from "../public-error.ts";
import { DateTime, Digits, Rupiah } from "./scalars.ts";

type FieldDecorator = PropertyDecorator & MethodDecorator;
type TypeFunction = Parameters<typeof Field>[0];
type Options = Exclude<Parameters<typeof Field>[1], undefined>;

/** Fields that are never null, and fields that may be. */
export const Always = (type: TypeFunction, description: string): FieldDecorator => Field(type, { description });
export const Maybe = (type: TypeFunction, description: string): FieldDecorator =>
  Field(type, { nullable: true, description });
export const TextField = (description: string): FieldDecorator => Maybe(() => String, description);
export const TimeField = (description: string): FieldDecorator => Maybe(() => DateTime, description);
export const IdField = (description: string): FieldDecorator => Maybe(() => ID, description);

const declare = (type: object, options: Options): FieldDecorator => Field(() => type, options);

/** Argument with a default value. */
export const Defaulted = (type: object, defaultValue: unknown, description: string): FieldDecorator =>
  declare(type, { defaultValue, description });
export const Flag = (description: string, defaultValue = false): FieldDecorator =>
  Defaulted(Boolean, defaultValue, description);

/** Registers an enum that `enumOf` made. */
export function registerEnum(name: string, meaning: string, values: object): void {
  const each = Object.entries(meaningsOf(values)).map(([value, description]) => [value, { description }]);
  registerEnumType(values, { name, description: meaning, valuesConfig: Object.fromEntries(each) });
}

/**
 * Tags a root field or a type that only operators use, so that a public variant in GraphOS or Hive can leave it out
 * (https://www.apollographql.com/docs/graphos/platform/schema-management/delivery/contracts/overview). Do not tag a type that
 * other subgraphs share, such as PageInfo: the tag would count for their fields too.
 */
export const ForOperators = (): ClassDecorator & FieldDecorator => Directive('@tag(name: "operations")');

/** Type of input fields. */
interface InputType extends FieldType {
  scalar: GraphQLScalarType | StringConstructor;
  /** Its rules in words, for descriptions. */
  words: string;
}

interface InputField extends InputType {
  /** Meaning in the words of the schema, without the rules. */
  meaning: string;
  nullable: boolean;
}

const FIELDS = Symbol("fields");

/** Fields of an input by name, in the order of the schema. */
export function fieldsOf(input: object): Readonly<Record<string, InputField>> {
  const fields: Record<string, InputField> | undefined = Reflect.getMetadata(FIELDS, input);
  return fields ?? {};
}

const inputType = (scalar: InputType["scalar"], words: string, type: FieldType): InputType => ({
  scalar,
  words,
  ...type,
});

const NO_CARD = "a card number is refused";
const ONE_LINE = `One line of at most ${LIMITS.oneLine} characters: white space around it and invisible characters are removed,`;
const IN_CLEAR = `${ONE_LINE} tabs and invisible characters between digits become blanks, and ${NO_CARD}.`;

/** Constraints in words, for descriptions: one sentence each, beside that of the meaning. */
const WORDS = {
  longText: `At most ${LIMITS.longText} characters: line breaks, tabs and blanks are kept.`,
  email: `One address in ASCII, at most ${LIMITS.email} characters.`,
  phone: `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits without separators.`,
  ticketNumber: `At most ${LIMITS.digits} digits, without separators; ${NO_CARD}.`,
  accountNumber: `At most ${LIMITS.digits} digits, without separators.`,
  cardNumber: `At most ${LIMITS.digits} digits: blanks and dashes between groups of four are removed.`,
  amount:
    `At most ${LIMITS.rupiahDigits} digits without separators of thousands, and ${LIMITS.rupiahDecimals} decimals ` +
    "after a point, such as 200000 or 200000.50.",
  handlingTime: `Hours, minutes and seconds as H:MM:SS: hours may exceed 23 and have up to ${LIMITS.handlingHoursDigits} digits.`,
  ticketId: `1 to ${LIMITS.ticketId} visible ASCII characters: white space around the id is removed, and ${NO_CARD}.`,
  idempotencyKey:
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -, not digits ` +
    `alone: a UUID is best, and ${NO_CARD}.`,
} as const;

export const LINE = inputType(String, `${ONE_LINE} and tabs become blanks.`, types.LINE);
export const CLEAR_LINE = inputType(String, IN_CLEAR, types.CLEAR_LINE);
export const LONG_TEXT = inputType(String, WORDS.longText, types.LONG_TEXT);
export const EMAIL = inputType(String, WORDS.email, types.EMAIL);
export const PHONE = inputType(String, WORDS.phone, types.PHONE);
export const TICKET_NUMBER = inputType(Digits, WORDS.ticketNumber, types.TICKET_NUMBER);
export const ACCOUNT_NUMBER = inputType(Digits, WORDS.accountNumber, types.ACCOUNT_NUMBER);
export const CARD_NUMBER = inputType(Digits, WORDS.cardNumber, types.CARD_NUMBER);
export const AMOUNT = inputType(Rupiah, WORDS.amount, types.AMOUNT);
export const HANDLING_TIME = inputType(String, WORDS.handlingTime, types.HANDLING_TIME);
export const INSTANT = inputType(DateTime, "", types.INSTANT);
export const TICKET_ID = inputType(ID, WORDS.ticketId, types.TICKET_ID);
export const SUBMISSION_ID = inputType(ID, "", types.LINE);
export const REFERENCE = inputType(String, IN_CLEAR, REFERENCE_TYPE);
export const IDEMPOTENCY_KEY = inputType(String, WORDS.idempotencyKey, types.IDEMPOTENCY_KEY);

/** Field that needs a value. `vendorField`: name in Sociomile's document. */
export const Required = (of: InputType, meaning: string, vendorField?: string): PropertyDecorator =>
  inputField({ ...of, meaning, nullable: false }, vendorField);

/** Field that may be null. Empty text is refused: an empty key protects nobody. */
export function Nullable(of: InputType, meaning: string, vendorField?: string): PropertyDecorator {
  const breach: FieldType["breach"] = (value, input) => (value == null ? null : of.breach(value, input));
  return inputField({ ...of, meaning, nullable: true, breach }, vendorField);
}

/** Field that may be null or empty, which both mean absent. Text in which nothing can be seen is no mistake. */
export function Optional(of: InputType, meaning: string, vendorField?: string): PropertyDecorator {
  const inForm: FieldType["inForm"] = (value) => of.inForm(value) || null;
  const breach: FieldType["breach"] = (value, input) => {
    const found = of.breach(value, input);
    return found?.rule === "REQUIRED" ? null : found;
  };
  return Nullable({ ...of, inForm, breach }, meaning, vendorField);
}

/** Name by which class-validator reports a value that breaks a rule of its field's type. */
export const TYPE_OF_FIELD = "typeOfField";

/** Composes TypeGraphQL's declaration of a field with one decorator of class-validator, which is its type's whole rule. */
function inputField(input: InputField, vendorField?: string): PropertyDecorator {
  const { scalar, meaning, nullable, words, breach } = input;
  const description = [meaning, words, vendorField && `\`${vendorField}\``].filter(Boolean).join(" ");
  const validate = (value: unknown, of?: ValidationArguments) => breach(value, of?.object) === null;
  const check = ValidateBy(
    { name: TYPE_OF_FIELD, validator: { validate } },
    { message: TYPE_OF_FIELD, context: { breach } },
  );
  return (prototype, field) => {
    const fields = { ...fieldsOf(prototype), [field]: input }; // with those of the base class
    Reflect.defineMetadata(FIELDS, fields, prototype);
    declare(scalar, { nullable, description })(prototype, field as string);
    check(prototype, field);
  };
}

/** Error for input that breaks constraints. A query answers it as it is; a mutation answers with its problems. */
export class InvalidInput extends PublicError {
  readonly problems: readonly Problem[];

  constructor(...problems: [Problem, ...Problem[]]) {
    const [{ field, message, rule, limit }] = problems;
    super("BAD_USER_INPUT", { message: `${field}: ${message}` }, { field, rule, limit });
    this.problems = problems;
  }
}

/** TypeGraphQL's `validateFn`: puts an argument into form, then class-validator checks it. Reports one broken rule a field. */
export function validateInput(argument: unknown): void {
  for (const input of [argument].flat()) {
    if (typeof input !== "object" || input === null) continue;
    putInForm(input as Record<string, unknown>);
    const [first, ...others] = validateSync(input, { forbidUnknownValues: true }).flatMap((error) => problemsIn(error));
    if (first) throw new InvalidInput(first, ...others);
  }
}

/** Puts the fields of an input into form, as they are sent, and those of inputs in it. */
function putInForm(input: Record<string, unknown>): void {
  const fields = fieldsOf(input);
  for (const [field, value] of Object.entries(input))
    if (typeof value === "object" && value !== null) putInForm(value as Record<string, unknown>);
    else if (value != null && fields[field]) input[field] = fields[field].inForm(value);
}

/** Returns the problems of a field and of the inputs in it, for callers: nothing else of class-validator's errors. */
function problemsIn(error: Partial<ValidationError>, path = ""): Problem[] {
  const { property = "input", constraints, contexts, children = [], value, target } = error;
  const field = `${path}${property}`;
  const inside = children.flatMap((child) => problemsIn(child, `${field}.`));
  if (constraints === undefined) return inside;
  // A rule of the library beside the type's has a sentence for programmers alone.
  const type = contexts?.[TYPE_OF_FIELD] as Pick<FieldType, "breach"> | undefined;
  return [problem("INVALID_INPUT", { field, ...type?.breach(value, target) }), ...inside];
}
