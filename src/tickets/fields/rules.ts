/** Rules of values, as decorators of class-validator: those that it does not have, and what callers are told about each. */
import {
  IsNotEmpty,
  ValidateBy,
  type ValidationError,
  type ValidationOptions,
  useContainer,
} from "class-validator";
import { enumOf } from "../enum-of.ts";

/** Objects of class-validator, one for each rule of a field. Its own container is a list, through which it looks for each rule of each value. */
const made = new Map<new () => unknown, unknown>();
useContainer({ get: (type: new () => unknown) => made.getOrInsertComputed(type, () => new type()) });

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

/** Options of a decorator: what callers are told when its rule is broken. `message` may be made from the value. */
export function says(rule: InputRule, message: string | ((value: string) => string), limit?: number) {
  const sentence =
    typeof message === "string" ? message : ({ value }: { value: unknown }) => message(String(value));
  return { message: sentence, context: limit === undefined ? { rule } : { rule, limit } };
}

/** Options of class-validator. The first broken rule of a field is told, and no error holds a value. */
export const CHECKS = {
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
} as const;

/** Returns what callers are told about a broken rule. Null for a rule without `says`: the library's own sentences are not for users. */
export function breachIn({ constraints = {}, contexts = {} }: Partial<ValidationError>): Breach | null {
  const [name = "", message = ""] = Object.entries(constraints)[0] ?? [];
  const context = contexts[name] as Pick<Breach, "rule" | "limit"> | undefined;
  return context ? { ...context, message } : null;
}

/** Text for which `holds` is true. `name` tells the rules of one field apart, because class-validator finds their contexts by it. */
export function TextThat(
  name: string,
  holds: (text: string) => boolean,
  told: ValidationOptions,
): PropertyDecorator {
  return ValidateBy(
    { name, validator: { validate: (value) => typeof value === "string" && holds(value) } },
    told,
  );
}

const EMPTY = says("REQUIRED", "This field must not be empty.");
export const NOT_EMPTY = IsNotEmpty(EMPTY);

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v;
/** Refuses text in which nothing can be seen. To its reader the field is empty. */
export const SEEN = TextThat("seen", (text) => VISIBLE.test(text), EMPTY);

/** Refuses text that holds one of these characters, and says where. */
export function WithoutControls(pattern: RegExp): PropertyDecorator {
  const told = says("CONTROL_CHARACTER", (text) => {
    const lines = text.slice(0, text.search(pattern)).split(/\r\n|\r|\n/);
    const place = `character ${Array.from(lines.at(-1)!).length + 1} of line ${lines.length}`;
    return `This text must not hold control characters or broken ones. Please remove or retype ${place}.`;
  });
  return TextThat("withoutControls", (text) => !pattern.test(text), told);
}

/** More marks on one letter than any language has (Unicode's Stream-Safe Text Format). To sort them takes quadratic time. */
const HEAPED_MARKS = /\p{M}{31}/u;

/** True for text that is so much longer than a limit that it is not looked at, because that takes time. */
export const isFarTooLong = (text: string, limit: number): boolean => text.length > 4 * limit;

/** Counts code points. A letter with an accent counts alike however it was typed. */
function lengthOf(text: string, limit: number): number {
  if (text.length <= limit || isFarTooLong(text, limit)) return text.length;
  return Array.from(HEAPED_MARKS.test(text) ? text : text.normalize("NFC")).length;
}

/**
 * Refuses text with more characters than `limit`. What else is wrong with it is told first, and only then its length, unless it is far too long. So
 * this rule stands before the others, and asks them.
 */
export function AtMost(limit: number, keepsOthers: (text: string) => boolean): PropertyDecorator {
  const holds = (text: string) =>
    text.length <= limit ||
    (!isFarTooLong(text, limit) && (lengthOf(text, limit) <= limit || !keepsOthers(text)));
  return ValidateBy(
    { name: "atMost", validator: { validate: (value) => typeof value !== "string" || holds(value) } },
    says(
      "TOO_LONG",
      (text) => `Please enter at most ${limit} characters instead of ${lengthOf(text, limit)}.`,
      limit,
    ),
  );
}
