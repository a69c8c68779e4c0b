/** Constraints of input fields. The numbers in descriptions and messages come from LIMITS. */
import { ValidateIf, isAscii, isEmail, registerDecorator } from "class-validator";

export const LIMITS = {
  oneLine: 255,
  longText: 20_000,
  email: 254,
  digits: 19,
  rupiahDigits: 15,
  rupiahDecimals: 2,
  phoneDigits: { min: 8, max: 15 },
  handlingHoursDigits: 4,
  idempotencyKey: { min: 16, max: 128 },
} as const;

/** The constraints in words, for descriptions. */
export const WORDS = {
  oneLine: `One line of at most ${LIMITS.oneLine} characters.`,
  longText: `At most ${LIMITS.longText} characters. Line breaks and tabs are kept.`,
  email: `ASCII, at most ${LIMITS.email} characters.`,
  phone: `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits.`,
  digits: `At most ${LIMITS.digits} digits.`,
  amount: `At most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals.`,
  handlingTime: `Hours, minutes and seconds as H:MM:SS. Hours may exceed 23 and have up to ${LIMITS.handlingHoursDigits} digits.`,
  idempotencyKey:
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -. ` +
    "Digits alone are refused, because they could be a card number.",
} as const;

/** Test of a field's value. */
export class Constraint {
  readonly name: string;
  /** Sentence for a caller whose value breaks the constraint. It never repeats the value. */
  readonly message: string;
  readonly holds: (value: unknown) => boolean;

  constructor(name: string, message: string, holds: (value: unknown) => boolean) {
    this.name = name;
    this.message = message;
    this.holds = holds;
  }
}

function text(name: string, message: string, holds: (text: string) => boolean): Constraint {
  return new Constraint(name, message, (value) => typeof value === "string" && holds(value));
}

function atMost(limit: number): Constraint {
  return text(
    "atMost",
    `The text must not have more than ${limit} characters.`,
    (value) => value.length <= limit || Array.from(value).length <= limit,
  );
}

function matches(name: string, pattern: RegExp, message: string): Constraint {
  return text(name, message, (value) => pattern.test(value));
}

const NOT_BLANK = text("notBlank", "The text must not be blank.", (value) =>
  /[^\p{Z}\p{Cc}\p{Cf}]/u.test(value),
);
// A lone surrogate has no UTF-8 form, so Sociomile would get something else.
const WELL_FORMED = text("wellFormed", "The text must be well-formed Unicode.", (value) =>
  value.isWellFormed(),
);
const NO_CONTROLS = text(
  "noControls",
  "The text must be one line without control characters.",
  (value) => !/\p{Cc}/u.test(value),
);
const LINES = text(
  "lines",
  "The text must have no control characters except line breaks and tabs.",
  (value) => !/[^\P{Cc}\n\r\t]/u.test(value),
);
const EMAIL = text(
  "email",
  `The value must be an e-mail address. ${WORDS.email}`,
  (value) => value.length <= LIMITS.email && isAscii(value) && isEmail(value),
);
const PHONE = matches(
  "phone",
  new RegExp(`^\\+?[0-9]{${LIMITS.phoneDigits.min},${LIMITS.phoneDigits.max}}$`),
  `The value must be a phone number. ${WORDS.phone}`,
);
const DIGITS = matches(
  "digits",
  new RegExp(`^[0-9]{1,${LIMITS.digits}}$`),
  `The value must be digits. ${WORDS.digits}`,
);
const AMOUNT = matches(
  "amount",
  new RegExp(`^(?:0|[1-9][0-9]{0,${LIMITS.rupiahDigits - 1}})(?:\\.[0-9]{1,${LIMITS.rupiahDecimals}})?$`),
  `The value must be an amount without leading zeros. ${WORDS.amount}`,
);
const HANDLING_TIME = matches(
  "handlingTime",
  new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`),
  `The value must be a duration. ${WORDS.handlingTime}`,
);
const IDEMPOTENCY_KEY = matches(
  "idempotencyKey",
  new RegExp(`^(?![0-9]+$)[A-Za-z0-9_-]{${LIMITS.idempotencyKey.min},${LIMITS.idempotencyKey.max}}$`),
  `The value must be a key. ${WORDS.idempotencyKey}`,
);

// The vendor's wall-clock year has four digits in every time zone between these.
const EARLIEST = Temporal.Instant.from("0001-01-02T00:00:00Z");
const LATEST = Temporal.Instant.from("9999-12-30T23:59:59Z");
const INSTANT = new Constraint(
  "instant",
  "The value must be an RFC 3339 time with an offset, and exist in the calendar.",
  (value) =>
    value instanceof Temporal.Instant &&
    Temporal.Instant.compare(value, EARLIEST) >= 0 &&
    Temporal.Instant.compare(value, LATEST) <= 0,
);

/** Makes a decorator that registers constraints for an input field. A caller is told of the first one that a value breaks. */
function constrain(...constraints: Constraint[]): () => PropertyDecorator {
  return () => (target, propertyName) => {
    for (const constraint of constraints) {
      const { name, message, holds } = constraint;
      registerDecorator({
        target: target.constructor,
        propertyName: String(propertyName),
        name,
        options: { context: constraint }, // validate.ts finds it here
        validator: { validate: holds, defaultMessage: () => message },
      });
    }
  };
}

/** Applies the field's constraints only to a present value: null and empty text count as absent. */
export const Optional = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null && value !== "");
/** Applies the field's constraints unless the value is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null);

export const RequiredLine = constrain(NOT_BLANK, WELL_FORMED, NO_CONTROLS, atMost(LIMITS.oneLine));
export const Line = constrain(WELL_FORMED, NO_CONTROLS, atMost(LIMITS.oneLine));
export const RequiredLongText = constrain(NOT_BLANK, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const LongText = constrain(WELL_FORMED, LINES, atMost(LIMITS.longText));
export const Email = constrain(EMAIL);
export const Phone = constrain(PHONE);
export const DigitsOnly = constrain(DIGITS);
export const Amount = constrain(AMOUNT);
export const HandlingTime = constrain(HANDLING_TIME);
export const AnInstant = constrain(INSTANT);
export const IdempotencyKey = constrain(IDEMPOTENCY_KEY);
