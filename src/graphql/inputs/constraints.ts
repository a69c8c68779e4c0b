/** Decorators that give input fields their rules. Kinds that only the schema knows are made here. */
import "reflect-metadata";
import validator from "validator";
import { MIN_CARD_DIGITS, mayHoldCardNumber } from "../../telemetry/card-number.ts";
import {
  A_TICKET_ID,
  type Constraint,
  DIGITS_ONLY,
  FieldKind,
  ONE_LINE,
  REQUIRED_LINE,
  VISIBLE,
  WELL_FORMED,
  atMost,
  matches,
  text,
  without,
} from "../../tickets/field-kinds.ts";
import { plainPhone, trimmed, withLineBreaks } from "../../tickets/forms.ts";
import { LIMITS } from "../../tickets/limits.ts";
import type { Need } from "../../tickets/needed-fields.ts";

const LINES = without(
  /[^\P{Cc}\n\r\t]/u,
  ({ line }) =>
    "The text must have no control characters except line breaks and tabs. " +
    `Remove the control character in line ${line}.`,
);
const IS_ASCII = /^\p{ASCII}+$/u;
const EMAIL = text(
  (value) => value.length <= LIMITS.email && IS_ASCII.test(value) && validator.isEmail(value),
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

/** Rule of an input field. */
interface Rule {
  kind: FieldKind;
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

/** Makes a decorator that gives an input field its kind. The kind itself serves arguments, which have no decorators. */
function decorating(fieldKind: FieldKind) {
  return Object.assign(() => withRule({ kind: fieldKind }), { kind: fieldKind });
}

function kind(form: (value: string) => string, ...constraints: Constraint[]) {
  return decorating(new FieldKind(form, constraints));
}

const unchanged = (value: string): string => value;

/** Checks only a present value: null and empty text count as absent. */
export const Optional = (need?: Need): PropertyDecorator =>
  withRule({ isAbsent: (value) => value === undefined || value === null || value === "", need });
/** Checks the value unless it is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = (need?: Need): PropertyDecorator =>
  withRule({ isAbsent: (value) => value === undefined || value === null, need });

export const RequiredLine = decorating(REQUIRED_LINE);
export const Line = kind(trimmed, WELL_FORMED, ONE_LINE, atMost(LIMITS.oneLine));
export const RequiredLongText = kind(withLineBreaks, VISIBLE, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const LongText = kind(withLineBreaks, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const Email = kind(trimmed, EMAIL);
export const Phone = kind(plainPhone, PHONE);
export const DigitsOnly = decorating(DIGITS_ONLY);
export const Amount = kind(trimmed, AMOUNT);
export const HandlingTime = kind(trimmed, HANDLING_TIME);
export const AnInstant = kind(trimmed, INSTANT);
export const TicketId = decorating(A_TICKET_ID);
/** Takes any text: the type of a reference decides about its form (see referenceIn). */
export const AnyReference = kind(trimmed);
export const IdempotencyKey = kind(unchanged, IDEMPOTENCY_KEY);
