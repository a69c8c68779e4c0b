/** Kinds of input fields, each with a form and constraints. The numbers in messages come from LIMITS. */
import { ValidateIf, isAscii, isEmail, registerDecorator } from "class-validator";
import { MIN_CARD_DIGITS, mayHoldCardNumber } from "../../telemetry/card-number.ts";
import { joinedDigits, plainPhone, trimmed, withLineBreaks } from "./forms.ts";
import { LIMITS } from "./limits.ts";

/** Returns null for a right value, else a sentence that says what would be right. The sentence never repeats the value. */
type Constraint = (value: unknown) => string | null;

/** Kind of an input field. */
export class FieldKind {
  readonly #form: (value: string) => string;
  readonly #constraints: readonly Constraint[];

  constructor(form: (value: string) => string, constraints: readonly Constraint[]) {
    this.#form = form;
    this.#constraints = constraints;
  }

  /** Puts text into the form in which it is checked, stored and sent. */
  inForm(value: unknown): unknown {
    return typeof value === "string" ? this.#form(value) : value;
  }

  /** Returns the sentence of the first constraint that a value in form breaks, or null. */
  breach(value: unknown): string | null {
    for (const constraint of this.#constraints) {
      const sentence = constraint(value);
      if (sentence !== null) return sentence;
    }
    return null;
  }
}

function text(holds: (value: string) => boolean, sentence: (value: string) => string): Constraint {
  return (value) => {
    const asText = typeof value === "string" ? value : "";
    return asText === value && holds(asText) ? null : sentence(asText);
  };
}

function matches(pattern: RegExp, sentence: string): Constraint {
  return text(
    (value) => pattern.test(value),
    () => sentence,
  );
}

function without(pattern: RegExp, sentence: (place: { character: number; line: number }) => string) {
  return text(
    (value) => !pattern.test(value),
    (value) => {
      const before = value.slice(0, value.search(pattern));
      return sentence({
        character: lengthOf(before) + 1,
        line: before.split(/\r\n|\r|\n/).length,
      });
    },
  );
}

function atMost(limit: number): Constraint {
  return text(
    (value) => value.length <= limit || lengthOf(value) <= limit,
    (value) => `The text must have at most ${limit} characters. It has ${lengthOf(value)}.`,
  );
}

/** Length in code points. */
function lengthOf(value: string): number {
  return Array.from(value).length;
}

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
const VISIBLE = matches(
  /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v,
  "The text must hold something that can be seen, such as a letter or a digit.",
);
// A lone surrogate has no UTF-8 form, so Sociomile would get something else.
const WELL_FORMED = without(
  /\p{Cs}/u,
  ({ character }) =>
    `The text must be well-formed Unicode. Remove character ${character}, which is half of a pair.`,
);
// \p{DI} holds what is never shown, such as zero-width spaces, bidirectional controls and tags. Emoji need variation selectors
// (\p{VS}) and joiners (U+200C, U+200D), and some scripts need joiners. After ASCII only keycaps (U+20E3) need a selector.
const ONE_LINE = without(
  /[\p{Cc}\p{Zl}\p{Zp}[\p{DI}--[\p{VS}\u200C\u200D]]]|(?<=[ -~])(?:[\u200C\u200D]|\p{VS}(?!\u20E3))/v,
  ({ character }) =>
    "The text must be one line without tabs and invisible characters, such as Cabang Utama. " +
    `Remove or replace character ${character}.`,
);
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
const DIGITS = matches(
  new RegExp(`^[0-9]{1,${LIMITS.digits}}$`),
  `The value must be 1 to ${LIMITS.digits} digits, such as 826282. Sociomile takes digits only.`,
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
const TICKET_ID = matches(
  new RegExp(`^[\\x21-\\x7e]{1,${LIMITS.ticketId}}$`),
  `The value must be the id of a ticket in Sociomile, such as 690d950c5f287ad0ff3bd9d5: 1 to ${LIMITS.ticketId} visible ` +
    "ASCII characters.",
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
const EARLIEST = Temporal.Instant.from("0001-01-02T00:00:00Z");
const LATEST = Temporal.Instant.from("9999-12-30T23:59:59Z");
const INSTANT: Constraint = (value) =>
  value instanceof Temporal.Instant &&
  Temporal.Instant.compare(value, EARLIEST) >= 0 &&
  Temporal.Instant.compare(value, LATEST) <= 0
    ? null
    : "The value must be a time with an offset, such as 2026-01-31T09:30:00+08:00, and exist in the calendar.";

/** Makes a decorator that gives an input field its kind. The kind itself serves arguments, which have no decorators. */
function kind(form: (value: string) => string, ...constraints: Constraint[]) {
  const fieldKind = new FieldKind(form, constraints);
  const decorator = (): PropertyDecorator => (target, propertyName) => {
    registerDecorator({
      target: target.constructor,
      propertyName: String(propertyName),
      name: "kind",
      options: { context: fieldKind }, // validate.ts finds it here
      validator: { validate: (value) => fieldKind.breach(fieldKind.inForm(value)) === null },
    });
  };
  return Object.assign(decorator, { kind: fieldKind });
}

const unchanged = (value: string): string => value;

/** Checks only a present value: null and empty text count as absent. */
export const Optional = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null && value !== "");
/** Checks the value unless it is null. Empty text is refused, because an empty key protects nobody. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_, value: unknown) => value !== undefined && value !== null);

export const RequiredLine = kind(trimmed, VISIBLE, WELL_FORMED, ONE_LINE, atMost(LIMITS.oneLine));
export const Line = kind(trimmed, WELL_FORMED, ONE_LINE, atMost(LIMITS.oneLine));
export const RequiredLongText = kind(withLineBreaks, VISIBLE, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const LongText = kind(withLineBreaks, WELL_FORMED, LINES, atMost(LIMITS.longText));
export const Email = kind(trimmed, EMAIL);
export const Phone = kind(plainPhone, PHONE);
export const DigitsOnly = kind(joinedDigits, DIGITS);
export const Amount = kind(trimmed, AMOUNT);
export const HandlingTime = kind(trimmed, HANDLING_TIME);
export const AnInstant = kind(trimmed, INSTANT);
export const TicketId = kind(trimmed, TICKET_ID);
export const IdempotencyKey = kind(unchanged, IDEMPOTENCY_KEY);
