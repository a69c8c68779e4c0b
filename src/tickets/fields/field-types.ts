/** Types of fields that people and programs fill in. The numbers in messages come from LIMITS. */
import { Matches, ValidateBy } from "class-validator";
import { holdsCardNumber } from "./card-number.ts";
import { fieldType } from "./field-type.ts";
import * as forms from "./forms.ts";
import { LIMITS } from "./limits.ts";
import { type InputRule, SEEN, TextThat, WithoutControls, says } from "./rules.ts";

const ONE_LINE = [
  Matches(
    /^[^\n\v\f\r\u0085\u2028\u2029]*$/,
    says("NOT_ONE_LINE", "Please enter one line without line breaks."),
  ),
  // A lone surrogate (\p{Cs}) has no UTF-8 form, so Sociomile would get something else.
  WithoutControls(/[\p{Cc}\p{Cs}[\p{DI}--[\p{VS}\u200C\u200D]]]/v),
] as const;
const LINES_OF_TEXT = WithoutControls(/[\p{Cs}[\p{Cc}--[\n\r\t]]]/v);
const NO_CARD = TextThat(
  "noCard",
  (value) => !holdsCardNumber(value),
  says("CARD_NUMBER", "This field must not hold a card number. Please leave it out."),
);

/** Matches printable ASCII without blanks around it. */
const asciiLine = (limit: number) => new RegExp(`^[!-~](?:[ -~]{0,${limit - 2}}[!-~])?$`);
const ASCII_LINE = asciiLine(LIMITS.oneLine);
const ASCII_TEXT = new RegExp(`^(?=\\s*[!-~])[\\n\\r\\t -~]{1,${LIMITS.longText}}$`);
const asciiDigits = (limit: number) => new RegExp(`^[0-9]{1,${limit}}$`);
/** Most characters among which no card number can be. */
const NO_CARD_UNTIL = 12;
const SHORT_ASCII_LINE = asciiLine(NO_CARD_UNTIL);

export const LINE = fieldType(LIMITS.oneLine, forms.oneLine, ASCII_LINE, ...ONE_LINE);
export const REQUIRED_LINE = fieldType(LIMITS.oneLine, forms.oneLine, ASCII_LINE, SEEN, ...ONE_LINE);
/** One line that is stored in clear: a reference, or an operator's note. */
export const CLEAR_LINE = fieldType(LIMITS.oneLine, forms.clearLine, SHORT_ASCII_LINE, ...ONE_LINE, NO_CARD);
export const REQUIRED_CLEAR_LINE = fieldType(
  LIMITS.oneLine,
  forms.clearLine,
  SHORT_ASCII_LINE,
  SEEN,
  ...ONE_LINE,
  NO_CARD,
);
export const LONG_TEXT = fieldType(LIMITS.longText, forms.withLineBreaks, ASCII_TEXT, LINES_OF_TEXT);
export const REQUIRED_LONG_TEXT = fieldType(
  LIMITS.longText,
  forms.withLineBreaks,
  ASCII_TEXT,
  SEEN,
  LINES_OF_TEXT,
);

/** Refuses a value of which more is known than that it is two values. */
function unless(
  name: string,
  isWrong: (value: string) => boolean,
  rule: InputRule,
  message: string,
): PropertyDecorator {
  return TextThat(name, (value) => !isWrong(value), says(rule, message));
}

/** Refuses digits that something still divides. `one` says how to write one value. */
function oneValue(one: string, isOther = (_value: string) => false): PropertyDecorator {
  const holds = (value: string) => isOther(value) || !/[0-9][^\p{L}\p{N}]+[0-9]/u.test(value);
  return TextThat("oneValue", holds, says("TWO_VALUES", `Please enter one ${one}.`));
}
/** Letters and stars make no two values: a spreadsheet has rounded the number, or it is masked. */
function digits(one: string): PropertyDecorator[] {
  return [
    unless("date", forms.isDate, "A_DATE", `This looks like a date. Please enter one ${one}.`),
    oneValue(one, (value) => /[\p{L}*]/u.test(value)),
    Matches(/^[0-9]+$/, says("NOT_DIGITS", "Please enter digits only, such as 826282.")),
  ];
}
/** Number of a ticket, stored in clear. Nothing between its digits is a separator, because dates and two numbers look like it. */
export const TICKET_NUMBER = fieldType(
  LIMITS.digits,
  forms.plainDigits,
  asciiDigits(NO_CARD_UNTIL),
  NO_CARD,
  ...digits("number, such as 826282, without blanks, dots, dashes or slashes"),
);
export const ACCOUNT_NUMBER = fieldType(
  LIMITS.digits,
  forms.joinedAccount,
  asciiDigits(LIMITS.digits),
  ...digits("account number, such as 0012356788"),
);
export const CARD_NUMBER = fieldType(
  LIMITS.digits,
  forms.joinedCard,
  asciiDigits(LIMITS.digits),
  unless(
    "cardCode",
    forms.hasCardCode,
    "CARD_CODE",
    "Please enter the card number alone, such as 1234 5678 9012 3456, without the code or the date after it.",
  ),
  ...digits("card number, such as 1234 5678 9012 3456, without a code or a date"),
);
export const PHONE = fieldType(
  LIMITS.oneLine,
  forms.plainPhone,
  null,
  unless("date", forms.isDate, "A_DATE", "This looks like a date. Please enter one phone number."),
  unless(
    "extension",
    forms.hasExtension,
    "PHONE_EXTENSION",
    "Please enter the phone number without its extension, such as 021-5551234.",
  ),
  oneValue("phone number, such as 021-5551234 or +62 812 3456 7890, without an extension"),
  Matches(
    new RegExp(`^\\+?[0-9]{${LIMITS.phoneDigits.min},${LIMITS.phoneDigits.max}}$`),
    says(
      "NOT_A_PHONE",
      `Please enter a phone number of ${LIMITS.phoneDigits.min} to ${LIMITS.phoneDigits.max} digits, such as 0812-3456-7890.`,
    ),
  ),
);

// Mailboxes in practice: dots stand anywhere before the @. Nobody uses quoted names, or addresses without a domain.
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
export const EMAIL = fieldType(
  LIMITS.email,
  forms.trimmed,
  null,
  Matches(
    new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]{1,64}@(?:${LABEL}\\.)+(?![0-9]+$)${LABEL}$`, "i"),
    says("NOT_AN_EMAIL", "Please enter one e-mail address, such as budi@example.com."),
  ),
);

export const AMOUNT = fieldType(
  LIMITS.oneLine,
  forms.plainAmount,
  new RegExp(`^[1-9][0-9]{0,${LIMITS.rupiahDigits - 1}}$`),
  unless(
    "twoReadings",
    (value) => forms.TWO_READINGS.test(value),
    "TWO_AMOUNTS",
    "An amount such as 200.000 can mean 200 thousand or 200. Please enter 200000 or 200,00.",
  ),
  Matches(
    new RegExp(`^(?:0|[1-9][0-9]{0,${LIMITS.rupiahDigits - 1}})(?:\\.[0-9]{1,${LIMITS.rupiahDecimals}})?$`),
    says(
      "NOT_AN_AMOUNT",
      `Please enter an amount such as 200000 or 200000,75: at most ${LIMITS.rupiahDigits} digits and ${LIMITS.rupiahDecimals} decimals.`,
    ),
  ),
);

export const HANDLING_TIME = fieldType(
  LIMITS.oneLine,
  forms.plainDigits,
  null,
  Matches(
    new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`),
    says("NOT_A_DURATION", "Please enter hours, minutes and seconds, such as 0:10:09 or 26:10:09."),
  ),
);

// The vendor's wall-clock year has four digits in every time zone between these.
const EARLIEST = Date.parse("0001-01-02T00:00:00Z");
const LATEST = Date.parse("9999-12-30T23:59:59Z");
const inRange = ({ epochMilliseconds: ms }: Temporal.Instant) => ms >= EARLIEST && ms <= LATEST;
const NO_TIME =
  "Please enter a date and time that exist, with the time zone, such as 2026-01-31T09:30:00+08:00.";
/** A time. The scalar DateTime makes instants of text that it can read. */
export const INSTANT = fieldType(
  LIMITS.oneLine,
  forms.trimmed,
  null,
  ValidateBy(
    {
      name: "instant",
      validator: { validate: (value) => value instanceof Temporal.Instant && inRange(value) },
    },
    says("NOT_A_TIME", NO_TIME),
  ),
);

export const TICKET_ID = fieldType(
  LIMITS.ticketId,
  forms.clearLine,
  null,
  Matches(
    /^(?!.*:\/\/)[\x21-\x7e]+$/,
    says("NOT_AN_ID", "Please enter an id, such as 690d950c5f287ad0ff3bd9d5."),
  ),
  NO_CARD,
);

const { min, max } = LIMITS.idempotencyKey;
/** A key is compared as it is. */
export const IDEMPOTENCY_KEY = fieldType(
  max,
  (key) => key,
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, // a UUID
  NO_CARD,
  TextThat(
    "longEnough",
    (key) => key.length >= min,
    says("TOO_SHORT", `Please use a key of at least ${min} characters, such as a UUID.`, min),
  ),
  Matches(
    /^(?![0-9]+$)[\w-]+$/,
    says("NOT_A_KEY", "Please use A-Z a-z 0-9 _ and -, not digits alone, such as a UUID."),
  ),
);

/** Any text: the type of a reference decides about its form and its values. */
export const ANY_REFERENCE = fieldType(LIMITS.oneLine, (typed) => typed, null);
