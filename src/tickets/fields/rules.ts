/** Rules of values, each with its report to callers. */
import { enumOf } from "../enum-of.ts";
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

export const breachOf = (rule: InputRule, message = TEXTS[rule].message!): Breach => ({ rule, message });

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
    return {
      ...breachOf("TOO_LONG", `Please enter at most ${limit} characters instead of ${length}.`),
      limit,
    };
  };
