/** Decorators of input fields. A field has a type, from which its scalar, its rules and their description come. */
import "reflect-metadata";
import { IsOptional, ValidateIf } from "class-validator";
import type { GraphQLScalarType } from "graphql";
import { Field, ID } from "type-graphql";
import type { FieldType } from "../../tickets/fields/field-type.ts";
import * as types from "../../tickets/fields/field-types.ts";
import { LIMITS } from "../../tickets/fields/limits.ts";
import { NOT_EMPTY } from "../../tickets/fields/rules.ts";
import { DateTime, Digits, Rupiah } from "../types/scalars.ts";

type Scalar = GraphQLScalarType | StringConstructor;

interface InputField {
  scalar: Scalar;
  /** Meaning in the words of the schema, without the rules. */
  meaning: string;
  inForm: FieldType["inForm"];
}

const FIELDS = Symbol("fields");

/** Fields of an input by name, in the order of the schema. Their rules are known to class-validator. */
export function fieldsOf(input: object): Readonly<Record<string, InputField>> {
  const fields: Record<string, InputField> | undefined = Reflect.getMetadata(FIELDS, input);
  return fields ?? {};
}

/** Puts the fields of an input into form, as they are sent. */
export function putInForm(input: Record<string, unknown>): void {
  const fields = fieldsOf(input);
  for (const field in fields)
    if (input[field] !== undefined) input[field] = fields[field]!.inForm(input[field]);
}

type InputType = ReturnType<typeof inputType>;

/** Makes a type of input fields. `words`: its rules, for descriptions. `type` checks a field that needs a value, `optional` one that does not. */
function inputType(scalar: Scalar, words: string, type: FieldType, optional = type) {
  return { scalar, words, type, optional };
}

const ONE_LINE = `One line of at most ${LIMITS.oneLine} characters. White space around it and invisible characters are removed, and tabs become blanks.`;
const NO_CARD = "A card number is refused.";
const IN_CLEAR = `${ONE_LINE} Invisible characters between digits become a blank. ${NO_CARD}`;

/** Constraints in words, for descriptions. */
const WORDS = {
  reference: `${IN_CLEAR} Numbers of the helpdesk and the branch are digits without separators.`,
  longText: `At most ${LIMITS.longText} characters. Line breaks, tabs and blanks are kept.`,
  email: `One address in ASCII, at most ${LIMITS.email} characters.`,
  phone:
    `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits. Blanks, dashes, dots and brackets are ` +
    "removed. An extension or a second number is refused.",
  ticketNumber: `At most ${LIMITS.digits} digits, without separators. ${NO_CARD}`,
  accountNumber: `At most ${LIMITS.digits} digits. Blanks and dashes between digits are removed.`,
  cardNumber: `At most ${LIMITS.digits} digits. Blanks and dashes between groups of four are removed.`,
  amount:
    `At most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals. Text may be written as people do: 200000,50 or ` +
    "Rp 200.000,50. What has two readings, such as 200.000, is refused.",
  handlingTime: `Hours, minutes and seconds as H:MM:SS. Hours may exceed 23 and have up to ${LIMITS.handlingHoursDigits} digits.`,
  ticketId: `1 to ${LIMITS.ticketId} visible ASCII characters. White space around the id is removed. ${NO_CARD}`,
  idempotencyKey: `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -, not digits alone. A UUID is best. ${NO_CARD}`,
} as const;

export const LINE = inputType(String, ONE_LINE, types.REQUIRED_LINE, types.LINE);
export const CLEAR_LINE = inputType(String, IN_CLEAR, types.REQUIRED_CLEAR_LINE, types.CLEAR_LINE);
export const LONG_TEXT = inputType(String, WORDS.longText, types.REQUIRED_LONG_TEXT, types.LONG_TEXT);
export const EMAIL = inputType(String, WORDS.email, types.EMAIL);
export const PHONE = inputType(String, WORDS.phone, types.PHONE);
export const TICKET_NUMBER = inputType(Digits, WORDS.ticketNumber, types.TICKET_NUMBER);
export const ACCOUNT_NUMBER = inputType(Digits, WORDS.accountNumber, types.ACCOUNT_NUMBER);
export const CARD_NUMBER = inputType(Digits, WORDS.cardNumber, types.CARD_NUMBER);
export const AMOUNT = inputType(Rupiah, WORDS.amount, types.AMOUNT);
export const HANDLING_TIME = inputType(String, WORDS.handlingTime, types.HANDLING_TIME);
export const INSTANT = inputType(DateTime, "", types.INSTANT);
export const TICKET_ID = inputType(ID, WORDS.ticketId, types.TICKET_ID);
export const SUBMISSION_ID = inputType(ID, "", types.REQUIRED_LINE);
/** Takes any text: the type of a reference decides about its form (see referenceIn). */
export const REFERENCE = inputType(String, WORDS.reference, types.ANY_REFERENCE);
export const IDEMPOTENCY_KEY = inputType(String, WORDS.idempotencyKey, types.IDEMPOTENCY_KEY);

/** Field that needs a value. `vendorField`: name in Sociomile's document. */
export const Required = (of: InputType, meaning: string, vendorField?: string): PropertyDecorator =>
  inputField(of, [meaning, vendorField], false, of.type.rules);

/** Field that is checked only when it has a value: null and empty text count as absent. */
export const Optional = (of: InputType, meaning: string, vendorField?: string): PropertyDecorator =>
  inputField(of, [meaning, vendorField], true, [
    ValidateIf((_input: object, value) => !isEmpty(value)),
    ...of.optional.rules.filter((rule) => rule !== NOT_EMPTY),
  ]);

/** Field that is checked unless it is null. Empty text is refused: an empty key protects nobody. */
export const Nullable = (of: InputType, meaning: string): PropertyDecorator =>
  inputField(of, [meaning, undefined], true, [IsOptional(), ...of.type.rules]);

export const isEmpty = (value: unknown): boolean => value == null || value === "";

/** Composes TypeGraphQL's declaration of a field with the decorators of class-validator that are its rules. */
function inputField(
  { scalar, words, type }: InputType,
  [meaning, vendorField]: readonly [string, string | undefined],
  nullable: boolean,
  rules: readonly PropertyDecorator[],
): PropertyDecorator {
  const description = [meaning, words, vendorField && `\`${vendorField}\``].filter(Boolean).join(" ");
  const declare = Field(() => scalar, { nullable, description });
  return (prototype, field) => {
    const fields = { ...fieldsOf(prototype), [field]: { scalar, meaning, inForm: type.inForm } }; // with those of the base class
    Reflect.defineMetadata(FIELDS, fields, prototype);
    declare(prototype, field);
    for (const rule of rules) rule(prototype, field);
  };
}
