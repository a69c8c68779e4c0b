import { enumOf } from "../enum-of.ts";

/** Rules that a value can break: a closed list, so that front ends can have a sentence of their own for each. */
export const InputRule = enumOf({
  REQUIRED: "The field must not be empty.",
  TOO_LONG: "The value has more characters than limit.",
  TOO_SHORT: "The value has fewer characters than limit.",
  NOT_ONE_LINE: "The value has line breaks.",
  CONTROL_CHARACTER: "The value has characters that cannot be shown. The message says where.",
  NOT_DIGITS: "The value has other characters than digits.",
  NOT_AN_AMOUNT: "The value is no amount in rupiah.",
  TWO_AMOUNTS: "The value can be read as two amounts, as 200.000 can: thousands or decimals.",
  NOT_A_TIME: "The value is no date and time that exists, with a time zone.",
  NOT_A_DURATION: "The value does not have the form H:MM:SS.",
  NOT_AN_EMAIL: "The value is not one e-mail address.",
  NOT_A_PHONE: "The value is no phone number.",
  PHONE_EXTENSION: "The phone number has an extension after it.",
  NOT_AN_ID: "The value is no id of Sociomile.",
  NOT_A_KEY: "The key has other characters than A-Z a-z 0-9 _ and -, or digits alone.",
  TWO_VALUES: "The value looks like two values, such as two numbers in one field.",
  CARD_CODE: "The card number has a code or a date after it.",
  A_DATE: "The value looks like a date, and the field is for a number.",
  CARD_NUMBER: "The value holds a card number, and the field must not.",
  KEY_REQUIRED: "The request needs an idempotency key.",
});
export type InputRule = keyof typeof InputRule;

/** A broken rule. */
export interface Breach {
  rule: InputRule;
  /** Sentence for users that says what would be right. It never repeats the value. */
  message: string;
  /** Number in the rule, if it has one. */
  limit?: number;
}

/** Returns the rule that a value in form breaks, or null. */
export type Constraint = (value: unknown) => Breach | null;

const EMPTY: Breach = { rule: "REQUIRED", message: "This field must not be empty." };

/** Type of a field: the form into which its values are put, and the constraints that they then keep. */
export interface FieldType {
  /** Puts text into the form in which it is checked, stored and sent. */
  inForm(value: unknown): unknown;
  /** Returns the first rule that a value in form breaks, or null. Empty text is for optional fields only, which are not checked then. */
  breach(value: unknown): Breach | null;
}

/** `limit`: most characters of a value in form. Text that is four times as long is not looked at, because that takes time. */
export function fieldType(
  limit: number,
  form: (value: string) => string,
  ...constraints: Constraint[]
): FieldType {
  const isFarTooLong = (value: string) => value.length > 4 * limit;
  const rules = [...constraints, atMost(limit)];
  return {
    inForm: (value) => (typeof value === "string" && !isFarTooLong(value) ? form(value) : value),
    breach(value) {
      if (value === "") return EMPTY;
      if (typeof value === "string" && isFarTooLong(value)) return tooLong(limit, value.length);
      for (const rule of rules) {
        const breach = rule(value);
        if (breach) return breach;
      }
      return null;
    },
  };
}

/** More marks on one letter than any language has (Unicode's Stream-Safe Text Format). To sort them takes quadratic time. */
const HEAPED_MARKS = /\p{M}{31}/u;

/** Counts code points. A letter with an accent counts alike however it was typed. */
function atMost(limit: number): Constraint {
  return (value) => {
    if (typeof value !== "string" || value.length <= limit) return null;
    const { length } = Array.from(HEAPED_MARKS.test(value) ? value : value.normalize("NFC"));
    return length > limit ? tooLong(limit, length) : null;
  };
}

function tooLong(limit: number, length: number): Breach {
  const message = `Please enter at most ${limit} characters instead of ${length}.`;
  return { rule: "TOO_LONG", message, limit };
}

/** Makes a constraint for text. Any other value breaks it, too. */
export function text(holds: (value: string) => boolean, breach: Breach): Constraint {
  return (value) => (typeof value === "string" && holds(value) ? null : breach);
}

export function matches(pattern: RegExp, rule: InputRule, message: string): Constraint {
  return text((value) => pattern.test(value), { rule, message });
}

/** Refuses text that holds one of these characters, and says where. */
export function withoutControls(pattern: RegExp): Constraint {
  return (value) => {
    const at = String(value).search(pattern);
    if (at < 0) return null;
    const before = String(value).slice(0, at);
    const lines = before.split(/\r\n|\r|\n/);
    const place = `character ${Array.from(lines.at(-1)!).length + 1} of line ${lines.length}`;
    const message = `This text must not hold control characters or broken ones. Please remove or retype ${place}.`;
    return { rule: "CONTROL_CHARACTER", message };
  };
}

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v;
/** Refuses text in which nothing can be seen. To its reader the field is empty. */
export const SEEN = text((value) => VISIBLE.test(value), EMPTY);
