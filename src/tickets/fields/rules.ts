/** Rules of values, each with its report to callers; and forms of text, without white space around it and what is never shown. */
import { enumOf } from "../ticket.ts";
import texts from "./rules.json" with { type: "json" };

/** Rules that a value can break: a closed list, so that front ends can have a sentence of their own for each. */
export type InputRule = keyof typeof texts;
/** Meanings for programmers, and sentences for users where one sentence fits all fields. */
const TEXTS: Readonly<Record<InputRule, { meaning: string; message?: string }>> = texts;
const meanings = Object.entries(TEXTS).map(([name, { meaning }]) => [name, meaning]);
export const InputRule = enumOf(Object.fromEntries(meanings) as Record<InputRule, string>);

/** A broken rule. */
export interface Breach {
  rule: InputRule;
  /** Sentence for users that says what would be right. It never repeats the value. */
  message: string;
  /** Number in the rule, if it has one. */
  limit?: number;
}

/** Reports text that breaks a rule. Null: the text keeps it. */
export type Rule = (text: string) => Breach | null;

export const breachOf = (rule: InputRule, message = TEXTS[rule].message!, limit?: number): Breach => ({
  rule,
  message,
  ...(limit !== undefined && { limit }),
});

/** Makes a rule that text keeps when it matches. */
export function createRule(pattern: RegExp, name: InputRule, message?: string): Rule {
  const breach = breachOf(name, message);
  return (text) => (pattern.test(text) ? null : breach);
}

/** Makes a rule that refuses text with one of these characters, and says where the first one stands. */
export const noCharacters =
  (pattern: RegExp): Rule =>
  (text) => {
    const at = text.search(pattern);
    if (at === -1) return null;
    const lines = text.slice(0, at).split(/\r\n|\r|\n/);
    const position = `character ${Array.from(lines.at(-1)!).length + 1} of line ${lines.length}`;
    return breachOf(
      "CONTROL_CHARACTER",
      `This text must not hold control characters or broken ones. Please remove or retype ${position}.`,
    );
  };

/** More marks on one letter than any language has (Unicode's Stream-Safe Text Format). Sorting them takes quadratic time. */
const HEAPED_MARKS = /\p{M}{31}/u;

/** True for text that is so much longer than a limit that it is not looked at, because that takes time. */
export const isFarTooLong = (text: string, limit: number): boolean => text.length > 4 * limit;

/** Counts code points. A letter with an accent counts alike however it was typed. */
function lengthOf(text: string, limit: number): number {
  if (text.length <= limit || isFarTooLong(text, limit)) return text.length;
  return Array.from(HEAPED_MARKS.test(text) ? text : text.normalize("NFC")).length;
}

/** Makes a rule that refuses text with more characters than a limit. */
export const atMost =
  (limit: number): Rule =>
  (text) => {
    const length = lengthOf(text, limit);
    if (length <= limit) return null;
    return breachOf("TOO_LONG", `Please enter at most ${limit} characters instead of ${length}.`, limit);
  };

// Some of \p{DI} stay: Hangul fillers, which look like blanks, tags, U+202E, which turns text around, and the variation
// selectors and joiners of emoji and some scripts. After ASCII only keycaps (U+20E3) need one.
const INVISIBLE = /[\p{DI}--[\p{L}\u202E\u{E0000}-\u{E007F}\p{VS}\u200C\u200D]]/gv;
const NEEDLESS = /(?<=[ -~])[\p{VS}\u200C\u200D]+(?!\u20E3)/gv;
const BLANK = /[\p{White_Space}\u200C\u200D]/u;
/** Printable ASCII without blanks around it: nearly every text. It is in form. */
const IN_FORM = /^[!-~](?:[ -~]*[!-~])?$/;

/** Removes invisible characters, and outer blanks. `[…]+$` would take quadratic time for many blanks inside the text. */
export function trim(text: string): string {
  if (IN_FORM.test(text)) return text;
  const visible = text.replaceAll(INVISIBLE, "").replaceAll(NEEDLESS, "");
  let [start, end] = [0, visible.length];
  while (start < end && BLANK.test(visible[start]!)) start++;
  while (end > start && BLANK.test(visible[end - 1]!)) end--;
  return visible.slice(start, end);
}

/** Makes tabs blanks: two cells of a spreadsheet can be one name. */
export function oneLine(text: string): string {
  return trim(text).replaceAll("\t", " ");
}

/** Makes line breaks of vertical tabs and form feeds, which word processors write for soft breaks and page breaks. */
export function withLineBreaks(text: string): string {
  return text.replaceAll(/[\v\f]/g, "\n");
}

/** Invisible characters between two digits. They may divide two numbers, as a blank does. */
const DIVIDING = /(?<=\d)\p{DI}+(?=\d)/gu;

/** Puts a number, an id or a note into one line. */
export function clearLine(text: string): string {
  return oneLine(text.replaceAll(DIVIDING, " "));
}

const GROUPS_OF_FOUR = /^[0-9]{4}(?:[\p{Zs}\p{Dash}]+[0-9]{4})+$/u;

/** Removes blanks and dashes between groups of four, as printed on cards. Digits after them are a code or a date. */
export function cardNumber(text: string): string {
  const line = clearLine(text);
  return GROUPS_OF_FOUR.test(line) ? line.replaceAll(/[^0-9]+/g, "") : line;
}

export const LIMITS = {
  oneLine: 255,
  longText: 20_000,
  email: 254,
  digits: 19,
  rupiahDigits: 15,
  rupiahDecimals: 2,
  phoneDigits: { min: 3, max: 15 },
  handlingHoursDigits: 4,
  ticketId: 255,
  idempotencyKey: { min: 16, max: 128 },
} as const;
