/** Decorators that give input fields their types. */
import { ValidateIf, registerDecorator } from "class-validator";
import type { Breach, FieldType } from "../../tickets/fields/field-type.ts";
import * as types from "../../tickets/fields/field-types.ts";
import type { Need } from "../../tickets/fields/needed-fields.ts";

/** Makes a decorator that gives an input field its type. The type itself serves arguments, which have no decorators. */
function decorating(fieldType: FieldType) {
  const decorator = (): PropertyDecorator => (target, propertyName) => {
    registerDecorator({
      target: target.constructor,
      propertyName: String(propertyName),
      name: "type",
      options: { context: fieldType }, // validate.ts finds it here
      validator: { validate: (value) => fieldType.breach(fieldType.inForm(value)) === null },
    });
  };
  return Object.assign(decorator, { type: fieldType });
}

/** Demand for a value where the way in which the request is submitted needs one. */
export class Demand {
  readonly #isPresent: (value: unknown) => boolean;
  readonly #breach: Breach;

  constructor(isPresent: (value: unknown) => boolean, breach: Breach) {
    this.#isPresent = isPresent;
    this.#breach = breach;
  }

  /** Returns the rule that an absent value breaks; null for a present one. */
  breach(value: unknown): Breach | null {
    return this.#isPresent(value) ? null : this.#breach;
  }
}

/** Makes a decorator that checks only a present value. With `need` the value must be present where that needs it. */
function unlessAbsent(isPresent: (value: unknown) => boolean) {
  return (need?: Need): PropertyDecorator =>
    (target, propertyName) => {
      ValidateIf((input: object, value) => isPresent(value) || need?.isNeeded(input) === true)(
        target,
        propertyName,
      );
      if (!need) return;
      const demand = new Demand(isPresent, need.breach);
      registerDecorator({
        target: target.constructor,
        propertyName: String(propertyName),
        name: "demand",
        options: { context: demand }, // validate.ts finds it here
        validator: { validate: (value) => demand.breach(value) === null },
      });
    };
}

/** Checks only a present value: null and empty text count as absent. */
export const Optional = unlessAbsent((value) => value !== undefined && value !== null && value !== "");
/** Checks the value unless it is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = unlessAbsent((value) => value !== undefined && value !== null);

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
