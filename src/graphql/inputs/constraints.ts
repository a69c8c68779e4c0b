/** Decorators of input fields. A field has a kind, from which its GraphQL type, its rules and their description come. */
import "reflect-metadata";
import type { GraphQLScalarType } from "graphql";
import { Field, ID } from "type-graphql";
import type { FieldType } from "../../tickets/fields/field-type.ts";
import * as types from "../../tickets/fields/field-types.ts";
import type { Need } from "../../tickets/fields/needed-fields.ts";
import { DateTime, Digits, Rupiah } from "../types/scalars.ts";
import { WORDS } from "./limits.ts";

/** Rule of an input field. */
interface Rule {
  type: FieldType;
  /** Values that count as absent, and are not checked. Without it the field needs a value. */
  isAbsent?: (value: unknown) => boolean;
  /** Rule that an absent value breaks in some ways to submit. */
  need?: Need | undefined;
}

const RULES = Symbol("rules");

/** Rules of an input by field, in the order of the schema. */
export function rulesOf(input: object): Readonly<Record<string, Rule>> {
  const rules: Record<string, Rule> | undefined = Reflect.getMetadata(RULES, input);
  return rules ?? {};
}

/** Kind of an input field. */
interface Kind {
  scalar: GraphQLScalarType | StringConstructor;
  /** Rules in words, for descriptions. */
  words: string;
  /** Type of a field that needs a value. It also serves arguments, which have no decorators. */
  type: FieldType;
  /** Type of a field that does not. */
  optional: FieldType;
}

function kind(scalar: Kind["scalar"], words: string, type: FieldType, optional = type): Kind {
  return { scalar, words, type, optional };
}

export const LINE = kind(String, WORDS.oneLine, types.REQUIRED_LINE, types.LINE);
export const CLEAR_LINE = kind(String, WORDS.clearLine, types.REQUIRED_CLEAR_LINE, types.CLEAR_LINE);
export const LONG_TEXT = kind(String, WORDS.longText, types.REQUIRED_LONG_TEXT, types.LONG_TEXT);
export const EMAIL = kind(String, WORDS.email, types.EMAIL);
export const PHONE = kind(String, WORDS.phone, types.PHONE);
export const TICKET_NUMBER = kind(Digits, WORDS.ticketNumber, types.TICKET_NUMBER);
export const ACCOUNT_NUMBER = kind(Digits, WORDS.accountNumber, types.ACCOUNT_NUMBER);
export const CARD_NUMBER = kind(Digits, WORDS.cardNumber, types.CARD_NUMBER);
export const AMOUNT = kind(Rupiah, WORDS.amount, types.AMOUNT);
export const HANDLING_TIME = kind(String, WORDS.handlingTime, types.HANDLING_TIME);
export const INSTANT = kind(DateTime, "", types.INSTANT);
export const TICKET_ID = kind(ID, WORDS.ticketId, types.TICKET_ID);
export const SUBMISSION_ID = kind(ID, "", types.REQUIRED_LINE);
/** Takes any text: the type of a reference decides about its form (see referenceIn). */
export const REFERENCE = kind(String, WORDS.reference, types.ANY_REFERENCE);
export const IDEMPOTENCY_KEY = kind(String, WORDS.idempotencyKey, types.IDEMPOTENCY_KEY);

/** Field that needs a value. `vendorField`: name in Sociomile's document. */
export const Required = (of: Kind, meaning: string, vendorField?: string): PropertyDecorator =>
  inputField({ type: of.type }, of, [meaning, vendorField], false);

/** Field that is checked only when it has a value: null and empty text count as absent. */
export const Optional = (of: Kind, meaning: string, vendorField?: string, need?: Need): PropertyDecorator =>
  inputField({ type: of.optional, isAbsent: isEmpty, need }, of, [meaning, vendorField], true);

/** Field that is checked unless it is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = (of: Kind, meaning: string, need: Need): PropertyDecorator =>
  inputField({ type: of.type, isAbsent: isNull, need }, of, [meaning], true);

const isNull = (value: unknown): boolean => value === undefined || value === null;
const isEmpty = (value: unknown): boolean => isNull(value) || value === "";

function inputField(
  rule: Rule,
  { scalar, words }: Kind,
  [meaning, vendorField]: [meaning: string, vendorField?: string | undefined],
  nullable: boolean,
): PropertyDecorator {
  const parts = [meaning, words, vendorField && `\`${vendorField}\``].filter(Boolean);
  const declare = Field(() => scalar, { nullable, description: parts.join(" ") });
  return (prototype, field) => {
    const rules = rulesOf(prototype); // with those of the base class
    Reflect.defineMetadata(RULES, { ...rules, [field]: rule }, prototype);
    declare(prototype, field);
  };
}
