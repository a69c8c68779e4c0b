import type { ProblemFragment } from "./generated/graphql.ts";
import refusals from "./refusals.id.json" with { type: "json" };
import { durationOf } from "./text.ts";
import words from "./words.json" with { type: "json" };

/** Words in English and Indonesian. `{0}` is a gap for a value. */
const WORDS: Readonly<Record<string, readonly string[]>> = words;
const INDONESIAN: Readonly<Record<string, string>> = refusals;
let language = (localStorage.getItem("language") ?? navigator.language).startsWith("id") ? 1 : 0;

/** A broken rule, or the code of another problem. */
export type Problem = Omit<ProblemFragment, "__typename"> & { code: string };

export function changeLanguage(): void {
  language = 1 - language;
  localStorage.setItem("language", word("code"));
}

export const hasWord = (name: string): boolean => name in WORDS;

/** Returns a word in the present language, with values in its gaps; of a code without a word, the code itself. */
export function word(name: string, ...values: readonly (string | number)[]): string {
  const text = WORDS[name]?.[language] ?? name;
  return text.replaceAll(/\{(\d)\}/g, (_, nth: number) => String(values[nth] ?? ""));
}

/** Writes a duration in its largest unit, rounded down or up, in the present language. */
export function durationText(...duration: Parameters<typeof durationOf>): string {
  return durationOf(...duration).replace(/[a-z]+$/, (unit) => word(unit));
}

/** Returns the sentence for a broken rule or a code, in the present language. */
export function sentenceOf({ code, rule, limit, message, retryAfterSeconds }: Problem): string {
  const holder = /[\da-f]{8}-[\da-f-]{27}/.exec(message)?.[0] ?? ""; // submission that is in the way
  const known = INDONESIAN[rule ?? code] ?? INDONESIAN["INVALID_INPUT"]!;
  const indonesian = known.replace("{0}", String(limit ?? holder));
  const wait = retryAfterSeconds == null ? "" : ` ${word("wait", durationText(retryAfterSeconds, Math.ceil))}`;
  return (language === 0 ? message : indonesian) + wait;
}

/** Sentences of problems under the fields to which they belong. */
export type Mistakes = Partial<Record<string, string>>;

export function mistakesIn(problems: readonly Problem[]): Mistakes {
  return Object.fromEntries(problems.map((each) => [each.field, sentenceOf(each)]));
}
