/** Types of fields that people and programs fill in. The numbers in messages come from LIMITS. */
import { ticketIdOf } from "../ticket.ts";
import { holdsCardNumber } from "./card-number.ts";
import {
  type Breach,
  LIMITS,
  type Rule,
  atMost,
  breachOf,
  cardNumber,
  clearLine,
  createRule,
  isFarTooLong,
  noCharacters,
  oneLine,
  trim,
  withLineBreaks,
} from "./rules.ts";

/** Type of a field: the form into which its values are put, and the rules that they then keep. */
export interface FieldType {
  /** Puts text into the form in which it is checked, stored and sent. */
  inForm: (value: unknown) => unknown;
  /** Returns the first rule that a value in form breaks, or null. `input`: what holds the field. */
  breach: (value: unknown, input?: object) => Breach | null;
}

const EMPTY = breachOf("REQUIRED");
// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille. To its reader such text is empty.
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v;

/** Makes a type of text. Its length is checked first, then what `rules` say. `limit`: most characters of a value in form. */
function textType(limit: number, form: (text: string) => string, ...rules: Rule[]): FieldType {
  const all = [atMost(limit), ...rules, createRule(VISIBLE, "REQUIRED")];
  return {
    inForm: (value) => (typeof value === "string" && !isFarTooLong(value, limit) ? form(value) : value),
    breach(value) {
      if (typeof value !== "string" || value === "") return EMPTY;
      for (const rule of all) {
        const breach = rule(value);
        if (breach) return breach;
      }
      return null;
    },
  };
}

const { oneLine: mostInLine, longText, digits: mostDigits, phoneDigits, rupiahDigits, rupiahDecimals } = LIMITS;

const ONE_LINE = [
  createRule(/^[^\n\v\f\r\u0085\u2028\u2029]*$/, "NOT_ONE_LINE"),
  // A lone surrogate (\p{Cs}) has no UTF-8 form, so Sociomile would get something else.
  noCharacters(/[\p{Cc}\p{Cs}[\p{DI}--[\p{VS}\u200C\u200D]]]/v),
] as const;
const CARD_NUMBER_IN_IT = breachOf("CARD_NUMBER");
const noCard: Rule = (text) => (holdsCardNumber(text) ? CARD_NUMBER_IN_IT : null);
const DIGITS = createRule(/^[0-9]+$/, "NOT_DIGITS");

export const LINE = textType(mostInLine, oneLine, ...ONE_LINE);
/** One line that is stored in clear: a reference, or an operator's note. */
export const CLEAR_LINE = textType(mostInLine, clearLine, ...ONE_LINE, noCard);
export const LONG_TEXT = textType(longText, withLineBreaks, noCharacters(/[\p{Cs}[\p{Cc}--[\n\r\t]]]/v));

/** Number of a ticket, stored in clear. */
export const TICKET_NUMBER = textType(mostDigits, clearLine, DIGITS, noCard);
/** Nothing between digits is a separator, because two numbers would become one. */
export const ACCOUNT_NUMBER = textType(mostDigits, clearLine, DIGITS);
export const CARD_NUMBER = textType(mostDigits, cardNumber, DIGITS);
export const PHONE = textType(
  mostInLine,
  clearLine,
  createRule(
    new RegExp(`^\\+?[0-9]{${phoneDigits.min},${phoneDigits.max}}$`),
    "NOT_A_PHONE",
    `Please enter a phone number of ${phoneDigits.min} to ${phoneDigits.max} digits without separators, such as 081234567890.`,
  ),
);

// Mailboxes in practice: dots stand anywhere before the @. Nobody uses quoted names, or addresses without a domain.
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const ADDRESS = new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]{1,64}@(?:${LABEL}\\.)+(?![0-9]+$)${LABEL}$`, "i");
export const EMAIL = textType(LIMITS.email, trim, createRule(ADDRESS, "NOT_AN_EMAIL"));

export const AMOUNT = textType(
  mostInLine,
  clearLine,
  createRule(
    new RegExp(`^(?:0|[1-9][0-9]{0,${rupiahDigits - 1}})(?:\\.[0-9]{1,${rupiahDecimals}})?$`),
    "NOT_AN_AMOUNT",
    `Please enter an amount such as 200000 or 200000.75: at most ${rupiahDigits} digits, and ${rupiahDecimals} ` +
      "decimals after a point.",
  ),
);

export const HANDLING_TIME = textType(
  mostInLine,
  clearLine,
  createRule(new RegExp(`^[0-9]{1,${LIMITS.handlingHoursDigits}}(?::[0-5][0-9]){2}$`), "NOT_A_DURATION"),
);

// The vendor's wall-clock year has four digits in every time zone between these.
const EARLIEST = Date.parse("0001-01-02T00:00:00Z");
const LATEST = Date.parse("9999-12-30T23:59:59Z");
const inRange = ({ epochMilliseconds: ms }: Temporal.Instant) => ms >= EARLIEST && ms <= LATEST;
/** A time. The scalar DateTime makes instants of text that it can read. */
export const INSTANT: FieldType = {
  inForm: (value) => value,
  breach: (value) => (value instanceof Temporal.Instant && inRange(value) ? null : breachOf("NOT_A_TIME")),
};

export const TICKET_ID = textType(
  LIMITS.ticketId,
  (text) => ticketIdOf(clearLine(text)),
  createRule(/^(?!.*:\/\/)[\x21-\x7e]+$/, "NOT_AN_ID"),
  noCard,
);

const { min, max } = LIMITS.idempotencyKey;
const TOO_SHORT = breachOf("TOO_SHORT", `Please use a key of at least ${min} characters, such as a UUID.`, min);
/** A key is compared as it is. */
export const IDEMPOTENCY_KEY = textType(
  max,
  (key) => key,
  (key) => (key.length < min ? TOO_SHORT : null),
  createRule(/^(?![0-9]+$)[\w-]+$/, "NOT_A_KEY"),
  noCard,
);
