/** Types of fields that people and programs fill in. The numbers in messages come from LIMITS. */
import { holdsCardNumber } from "./card-number.ts";
import { fieldType, fieldTypes } from "./field-type.ts";
import * as forms from "./forms.ts";
import { ticketIdOf } from "../ticket.ts";
import { LIMITS } from "./limits.ts";
import { noCharacters, noTextThat, rule, textRule } from "./rules.ts";

const ONE_LINE = [
  textRule("NOT_ONE_LINE", /^[^\n\v\f\r\u0085\u2028\u2029]*$/),
  // A lone surrogate (\p{Cs}) has no UTF-8 form, so Sociomile would get something else.
  noCharacters(/[\p{Cc}\p{Cs}[\p{DI}--[\p{VS}\u200C\u200D]]]/v),
] as const;
const LINES_OF_TEXT = noCharacters(/[\p{Cs}[\p{Cc}--[\n\r\t]]]/v);
const NO_CARD = noTextThat("CARD_NUMBER", holdsCardNumber);

/** Matches printable ASCII without blanks around it. */
const asciiLine = (limit: number) => new RegExp(`^[!-~](?:[ -~]{0,${limit - 2}}[!-~])?$`);
const ASCII_TEXT = new RegExp(`^(?=\\s*[!-~])[\\n\\r\\t -~]{1,${LIMITS.longText}}$`);
const asciiDigits = (limit: number) => new RegExp(`^[0-9]{1,${limit}}$`);
/** Most characters among which no card number can be. */
const NO_CARD_UNTIL = 12;

const { oneLine, longText, digits: mostDigits, phoneDigits, rupiahDigits, rupiahDecimals } = LIMITS;

export const [LINE, REQUIRED_LINE] = fieldTypes(oneLine, forms.oneLine, asciiLine(oneLine), ...ONE_LINE);
/** One line that is stored in clear: a reference, or an operator's note. */
export const [CLEAR_LINE, REQUIRED_CLEAR_LINE] = fieldTypes(
  oneLine,
  forms.clearLine,
  asciiLine(NO_CARD_UNTIL),
  ...ONE_LINE,
  NO_CARD,
);
export const [LONG_TEXT, REQUIRED_LONG_TEXT] = fieldTypes(
  longText,
  forms.withLineBreaks,
  ASCII_TEXT,
  LINES_OF_TEXT,
);

const noDate = (one: string) =>
  noTextThat("A_DATE", forms.DATE, `This looks like a date. Please enter one ${one}.`);

/** Refuses digits that something still divides. `one` says how to write one value. */
const oneValue = (one: string, isOther = (_text: string) => false) =>
  textRule(
    "TWO_VALUES",
    (text) => isOther(text) || !/[0-9][^\p{L}\p{N}]+[0-9]/u.test(text),
    `Please enter one ${one}.`,
  );

/** Letters and stars make no two values: a spreadsheet has rounded the number, or it is masked. */
const digits = (one: string) => [
  noDate(one),
  oneValue(one, (text) => /[\p{L}*]/u.test(text)),
  textRule("NOT_DIGITS", /^[0-9]+$/),
];

/** Number of a ticket, stored in clear. Nothing between its digits is a separator, because dates and two numbers look like it. */
export const TICKET_NUMBER = fieldType(
  mostDigits,
  forms.plainDigits,
  asciiDigits(NO_CARD_UNTIL),
  NO_CARD,
  ...digits("number, such as 826282, without blanks, dots, dashes or slashes"),
);
export const ACCOUNT_NUMBER = fieldType(
  mostDigits,
  forms.joinedAccount,
  asciiDigits(mostDigits),
  ...digits("account number, such as 0012356788"),
);
export const CARD_NUMBER = fieldType(
  mostDigits,
  forms.joinedCard,
  asciiDigits(mostDigits),
  noTextThat("CARD_CODE", forms.CARD_CODE),
  ...digits("card number, such as 1234 5678 9012 3456, without a code or a date"),
);
export const PHONE = fieldType(
  oneLine,
  forms.plainPhone,
  null,
  noDate("phone number"),
  noTextThat("PHONE_EXTENSION", forms.hasExtension),
  oneValue("phone number, such as 021-5551234 or +62 812 3456 7890, without an extension"),
  textRule(
    "NOT_A_PHONE",
    new RegExp(`^\\+?[0-9]{${phoneDigits.min},${phoneDigits.max}}$`),
    `Please enter a phone number of ${phoneDigits.min} to ${phoneDigits.max} digits, such as 0812-3456-7890.`,
  ),
);

// Mailboxes in practice: dots stand anywhere before the @. Nobody uses quoted names, or addresses without a domain.
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
export const EMAIL = fieldType(
  LIMITS.email,
  forms.trim,
  null,
  textRule(
    "NOT_AN_EMAIL",
    new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]{1,64}@(?:${LABEL}\\.)+(?![0-9]+$)${LABEL}$`, "i"),
  ),
);

const RUPIAH = `[1-9][0-9]{0,${rupiahDigits - 1}}`;
export const AMOUNT = fieldType(
  oneLine,
  forms.plainAmount,
  new RegExp(`^${RUPIAH}$`),
  noTextThat("TWO_AMOUNTS", forms.TWO_READINGS),
  textRule(
    "NOT_AN_AMOUNT",
    new RegExp(`^(?:0|${RUPIAH})(?:\\.[0-9]{1,${rupiahDecimals}})?$`),
    `Please enter an amount such as 200000 or 200000,75: at most ${rupiahDigits} digits and ${rupiahDecimals} decimals.`,
  ),
);

export const HANDLING_TIME = fieldType(
  oneLine,
  forms.plainDigits,
  null,
  textRule("NOT_A_DURATION", new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`)),
);

// The vendor's wall-clock year has four digits in every time zone between these.
const EARLIEST = Date.parse("0001-01-02T00:00:00Z");
const LATEST = Date.parse("9999-12-30T23:59:59Z");
const inRange = ({ epochMilliseconds: ms }: Temporal.Instant) => ms >= EARLIEST && ms <= LATEST;
/** A time. The scalar DateTime makes instants of text that it can read. */
export const INSTANT = fieldType(
  oneLine,
  forms.trim,
  null,
  rule("NOT_A_TIME", (value) => value instanceof Temporal.Instant && inRange(value)),
);

export const TICKET_ID = fieldType(
  LIMITS.ticketId,
  (text) => ticketIdOf(forms.clearLine(text)),
  null,
  textRule("NOT_AN_ID", /^(?!.*:\/\/)[\x21-\x7e]+$/),
  NO_CARD,
);

const { min, max } = LIMITS.idempotencyKey;
/** A key is compared as it is. */
export const IDEMPOTENCY_KEY = fieldType(
  max,
  (key) => key,
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, // a UUID
  NO_CARD,
  textRule(
    "TOO_SHORT",
    (key) => key.length >= min,
    `Please use a key of at least ${min} characters, such as a UUID.`,
    min,
  ),
  textRule("NOT_A_KEY", /^(?![0-9]+$)[\w-]+$/),
);

/** Any text: the type of a reference decides about its form and its values. */
export const ANY_REFERENCE = fieldType(oneLine, (typed) => typed, null);
