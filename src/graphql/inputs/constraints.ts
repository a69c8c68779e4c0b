/** Decorators of input fields. A field has a type, from which its scalar, its rules and their description come. */
import "reflect-metadata";
import { ValidateBy, type ValidationArguments } from "class-validator";
import type { GraphQLScalarType } from "graphql";
import { Field, ID } from "type-graphql";
import type { FieldType } from "../../tickets/fields/field-types.ts";
import * as types from "../../tickets/fields/field-types.ts";
import { REFERENCE as REFERENCE_TYPE } from "../../tickets/fields/references.ts";
import { LIMITS } from "../../tickets/fields/rules.ts";
import { DateTime, Digits, Rupiah } from "../types/scalars.ts";

/** Type of input fields. */
interface InputType extends FieldType {
  scalar: GraphQLScalarType | StringConstructor;
  /** Its rules in words, for descriptions. */
  words: string;
}

const inputType = (scalar: InputType["scalar"], words: string, type: FieldType): InputType => ({
  scalar,
  words,
  ...type,
});

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

const ONE_LINE =
  `One line of at most ${LIMITS.oneLine} characters: white space around it and invisible characters are removed, ` +
  "and tabs become blanks.";
const NO_CARD = "a card number is refused";
const IN_CLEAR =
  `One line of at most ${LIMITS.oneLine} characters: white space around it and invisible characters are removed, ` +
  `tabs and invisible characters between digits become blanks, and ${NO_CARD}.`;

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

export const LINE = inputType(String, ONE_LINE, types.LINE);
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
  const declare = Field(() => scalar, { nullable, description });
  const validate = (value: unknown, of?: ValidationArguments) => breach(value, of?.object) === null;
  const check = ValidateBy(
    { name: TYPE_OF_FIELD, validator: { validate } },
    { message: TYPE_OF_FIELD, context: { breach } },
  );
  return (prototype, field) => {
    const fields = { ...fieldsOf(prototype), [field]: input }; // with those of the base class
    Reflect.defineMetadata(FIELDS, fields, prototype);
    declare(prototype, field);
    check(prototype, field);
  };
}
