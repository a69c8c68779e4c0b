import { ValidateIf, isAscii, isEmail, registerDecorator } from "class-validator";

/** The limits of input. Descriptions in the schema quote these constants. */
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

/** The rules in words, for descriptions. */
export const WORDS = {
  oneLine: `One line of at most ${LIMITS.oneLine} characters.`,
  longText: `At most ${LIMITS.longText} characters; line breaks and tabs are kept.`,
  email: `An ASCII e-mail address of at most ${LIMITS.email} characters.`,
  phone: `An optional +, then ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits.`,
  digits: `At most ${LIMITS.digits} digits.`,
  amount: `At most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals.`,
  handlingTime: `Hours, minutes and seconds as H:MM:SS; hours may pass 23, up to ${LIMITS.handlingHoursDigits} digits.`,
  idempotencyKey:
    `${LIMITS.idempotencyKey.min} to ${LIMITS.idempotencyKey.max} characters of A-Z a-z 0-9 _ and -, not digits alone ` +
    "(a card number would make a poor key).",
} as const;

/** One thing that must hold for a field, and what a caller is told when it does not. Never repeats the value. */
interface Rule {
  name: string;
  message: string;
  holds: (value: unknown) => boolean;
}

/** A rule about text. */
function text(name: string, message: string, holds: (text: string) => boolean): Rule {
  return { name, message, holds: (value) => typeof value === "string" && holds(value) };
}

const NOT_BLANK = text("notBlank", "Must not be blank.", (value) => /[^\p{Z}\p{Cc}\p{Cf}]/u.test(value));
// A lone surrogate has no UTF-8 form: it could only be sent as something else.
const WELL_FORMED = text("wellFormed", "Must be well-formed Unicode.", (value) => value.isWellFormed());
const NO_CONTROLS = text(
  "noControls",
  "Must be one line without control characters.",
  (value) => !/\p{Cc}/u.test(value),
);
const LINES = text(
  "lines",
  "Must hold no control characters but line breaks and tabs.",
  (value) => !/[^\P{Cc}\n\r\t]/u.test(value),
);
const atMost = (limit: number): Rule =>
  text(
    "atMost",
    `Must be at most ${limit} characters.`,
    (value) => value.length <= limit || Array.from(value).length <= limit,
  );
const looksLike = (name: string, pattern: RegExp, message: string): Rule =>
  text(name, message, (value) => pattern.test(value));

const EMAIL = text(
  "email",
  `Must be an e-mail address. ${WORDS.email}`,
  (value) => value.length <= LIMITS.email && isAscii(value) && isEmail(value),
);
const PHONE = looksLike(
  "phone",
  new RegExp(`^\\+?[0-9]{${LIMITS.phoneDigits.min},${LIMITS.phoneDigits.max}}$`),
  `Must be a phone number. ${WORDS.phone}`,
);
const DIGITS = looksLike(
  "digits",
  new RegExp(`^[0-9]{1,${LIMITS.digits}}$`),
  `Must be digits. ${WORDS.digits}`,
);
const AMOUNT = looksLike(
  "amount",
  new RegExp(`^(?:0|[1-9][0-9]{0,${LIMITS.rupiahDigits - 1}})(?:\\.[0-9]{1,${LIMITS.rupiahDecimals}})?$`),
  `Must be an amount without leading zeros. ${WORDS.amount}`,
);
const HANDLING_TIME = looksLike(
  "handlingTime",
  new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`),
  `Must be a duration. ${WORDS.handlingTime}`,
);
const IDEMPOTENCY_KEY = looksLike(
  "idempotencyKey",
  new RegExp(`^(?![0-9]+$)[A-Za-z0-9_-]{${LIMITS.idempotencyKey.min},${LIMITS.idempotencyKey.max}}$`),
  `Must be a key. ${WORDS.idempotencyKey}`,
);

// So that the vendor's wall-clock year has four digits in every time zone.
const EARLIEST = Temporal.Instant.from("0001-01-02T00:00:00Z");
const LATEST = Temporal.Instant.from("9999-12-30T23:59:59Z");
const INSTANT: Rule = {
  name: "instant",
  message: "Must be an RFC 3339 time with an offset that exists in the calendar.",
  holds: (value) =>
    value instanceof Temporal.Instant &&
    Temporal.Instant.compare(value, EARLIEST) >= 0 &&
    Temporal.Instant.compare(value, LATEST) <= 0,
};

/** Puts rules on an input field, in the order in which a caller is told of them. */
function rules(...all: Rule[]): () => PropertyDecorator {
  return () => (target, propertyName) => {
    for (const { name, message, holds } of all) {
      registerDecorator({
        target: target.constructor,
        propertyName: String(propertyName),
        name,
        validator: { validate: holds, defaultMessage: () => message },
      });
    }
  };
}

/** The field's rules hold only for what is given: null and empty text count as absent. */
export const Optional = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null && value !== "");
/** Null counts as absent, but empty text does not: an empty key protects nobody. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null);

export const RequiredLine = rules(NOT_BLANK, WELL_FORMED, NO_CONTROLS, atMost(LIMITS.oneLine));
export const Line = rules(WELL_FORMED, NO_CONTROLS, atMost(LIMITS.oneLine));
export const RequiredLongText = rules(NOT_BLANK, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const LongText = rules(WELL_FORMED, LINES, atMost(LIMITS.longText));
export const Email = rules(EMAIL);
export const Phone = rules(PHONE);
export const DigitsOnly = rules(DIGITS);
export const Amount = rules(AMOUNT);
export const HandlingTime = rules(HANDLING_TIME);
export const AnInstant = rules(INSTANT);
export const IdempotencyKey = rules(IDEMPOTENCY_KEY);
