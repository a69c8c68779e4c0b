/** Decorators that give input fields their rules. */
import "reflect-metadata";
import type { FieldType } from "../../tickets/fields/field-type.ts";
import * as types from "../../tickets/fields/field-types.ts";
import type { Need } from "../../tickets/fields/needed-fields.ts";

/** Rule of an input field. */
interface Rule {
  type: FieldType;
  /** Values that count as absent, and are not checked. Without it the field needs a value. */
  isAbsent?: (value: unknown) => boolean;
  /** Way to submit a request that needs a value nevertheless. */
  need?: Need | undefined;
}

const RULES = Symbol("rules");

/** Rules of an input by field, in the order of the schema. */
export function rulesOf(input: object): Readonly<Record<string, Rule>> {
  const rules: Record<string, Rule> | undefined = Reflect.getMetadata(RULES, input);
  return rules ?? {};
}

function withRule(part: Partial<Rule>): PropertyDecorator {
  return (prototype, field) => {
    const rules = rulesOf(prototype); // with those of the base class
    const rule = { ...rules[String(field)], ...part };
    Reflect.defineMetadata(RULES, { ...rules, [field]: rule }, prototype);
  };
}

/** Makes a decorator that gives an input field its type. The type itself serves arguments, which have no decorators. */
function decorating(type: FieldType) {
  return Object.assign(() => withRule({ type }), { type });
}

/** Checks only a present value: null and empty text count as absent. */
export const Optional = (need?: Need): PropertyDecorator =>
  withRule({ isAbsent: (value) => value === undefined || value === null || value === "", need });
/** Checks the value unless it is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = (need?: Need): PropertyDecorator =>
  withRule({ isAbsent: (value) => value === undefined || value === null, need });

export const RequiredLine = decorating(types.REQUIRED_LINE);
export const Line = decorating(types.LINE);
export const RequiredClearLine = decorating(types.REQUIRED_CLEAR_LINE);
export const ClearLine = decorating(types.CLEAR_LINE);
export const RequiredLongText = decorating(types.REQUIRED_LONG_TEXT);
export const LongText = decorating(types.LONG_TEXT);
export const Email = decorating(types.EMAIL);
export const Phone = decorating(types.PHONE);
export const TicketNumber = decorating(types.TICKET_NUMBER);
export const AccountNumber = decorating(types.ACCOUNT_NUMBER);
export const CardNumber = decorating(types.CARD_NUMBER);
export const Amount = decorating(types.AMOUNT);
export const HandlingTime = decorating(types.HANDLING_TIME);
export const AnInstant = decorating(types.INSTANT);
export const TicketId = decorating(types.TICKET_ID);
/** Takes any text: the type of a reference decides about its form (see referenceIn). */
export const AnyReference = decorating(types.ANY_REFERENCE);
export const IdempotencyKey = decorating(types.IDEMPOTENCY_KEY);
