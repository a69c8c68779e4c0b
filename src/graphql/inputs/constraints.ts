/** Decorators that give input fields their types. Types that only the schema knows are made here. */
import { ValidateIf, isAscii, isEmail, registerDecorator } from "class-validator";
import { MIN_CARD_DIGITS, mayHoldCardNumber } from "../../tickets/fields/card-number.ts";
import {
  A_TICKET_ID,
  type Constraint,
  DIGITS_ONLY,
  FieldType,
  ONE_LINE,
  REQUIRED_LINE,
  VISIBLE,
  WELL_FORMED,
  atMost,
  matches,
  text,
  without,
} from "../../tickets/fields/field-types.ts";
import { plainPhone, trimmed, withLineBreaks } from "../../tickets/fields/forms.ts";
import { LIMITS } from "../../tickets/fields/limits.ts";
import type { Need } from "../../tickets/fields/needed-fields.ts";

const LINES = without(
  /[^\P{Cc}\n\r\t]/u,
  ({ line }) =>
    "The text must have no control characters except line breaks and tabs. " +
    `Remove the control character in line ${line}.`,
);
const EMAIL = text(
  (value) => value.length <= LIMITS.email && isAscii(value) && isEmail(value),
  () =>
    `The value must be one e-mail address in ASCII, such as budi@example.com, of at most ${LIMITS.email} characters.`,
);
const PHONE = matches(
  new RegExp(`^\\+?[0-9]{${LIMITS.phoneDigits.min},${LIMITS.phoneDigits.max}}$`),
  "The value must be one phone number, such as 0812-3456-7890 or +62 812 3456 7890, without (0) after the country code: " +
    `an optional + and ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits.`,
);
const AMOUNT = matches(
  new RegExp(`^(?:0|[1-9][0-9]{0,${LIMITS.rupiahDigits - 1}})(?:\\.[0-9]{1,${LIMITS.rupiahDecimals}})?$`),
  "The value must be an amount such as 200000 or 200000.75: no thousands separator; a point before the decimals. " +
    `It has at most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals, and no leading zeros.`,
);
const HANDLING_TIME = matches(
  new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`),
  "The value must be hours, minutes and seconds, such as 0:10:09 or 26:10:09, " +
    `with at most ${LIMITS.handlingHoursDigits} digits of hours.`,
);
const KEY_CHARACTERS = new RegExp(
  `^[A-Za-z0-9_-]{${LIMITS.idempotencyKey.min},${LIMITS.idempotencyKey.max}}$`,
);
const IDEMPOTENCY_KEY = text(
  (value) => KEY_CHARACTERS.test(value) && !mayHoldCardNumber(value),
  () =>
    "The value must be a key, such as a UUID of crypto.randomUUID() or complaint-826282-2025: " +
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -, without ` +
    `${MIN_CARD_DIGITS} digits in a row (also with _ or - between them), which could be a card number.`,
);

// The vendor's wall-clock year has four digits in every time zone between these.
const EARLIEST = Date.parse("0001-01-02T00:00:00Z");
const LATEST = Date.parse("9999-12-30T23:59:59Z");
const INSTANT: Constraint = (value) =>
  value instanceof Temporal.Instant &&
  value.epochMilliseconds >= EARLIEST &&
  value.epochMilliseconds <= LATEST
    ? null
    : "The value must be a time with an offset, such as 2026-01-31T09:30:00+08:00, and exist in the calendar.";

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

function typed(form: (value: string) => string, ...constraints: Constraint[]) {
  return decorating(new FieldType(form, constraints));
}

const unchanged = (value: string): string => value;

/** Demand for a value where the way in which the request is submitted needs one. */
export class Demand {
  readonly #isPresent: (value: unknown) => boolean;
  readonly #sentence: string;

  constructor(isPresent: (value: unknown) => boolean, sentence: string) {
    this.#isPresent = isPresent;
    this.#sentence = sentence;
  }

  /** Returns the sentence for an absent value; null for a present one. */
  breach(value: unknown): string | null {
    return this.#isPresent(value) ? null : this.#sentence;
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
      const demand = new Demand(isPresent, need.sentence);
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

export const RequiredLine = decorating(REQUIRED_LINE);
export const Line = typed(trimmed, WELL_FORMED, ONE_LINE, atMost(LIMITS.oneLine));
export const RequiredLongText = typed(withLineBreaks, VISIBLE, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const LongText = typed(withLineBreaks, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const Email = typed(trimmed, EMAIL);
export const Phone = typed(plainPhone, PHONE);
export const DigitsOnly = decorating(DIGITS_ONLY);
export const Amount = typed(trimmed, AMOUNT);
export const HandlingTime = typed(trimmed, HANDLING_TIME);
export const AnInstant = typed(trimmed, INSTANT);
export const TicketId = decorating(A_TICKET_ID);
/** Takes any text: the type of a reference decides about its form (see referenceIn). */
export const AnyReference = typed(trimmed);
export const IdempotencyKey = typed(unchanged, IDEMPOTENCY_KEY);
