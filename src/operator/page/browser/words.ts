import type { Problem } from "../../../errors.ts";
import { WORDS, durationOf } from "../../printable.ts";
import refusals from "./refusals.id.json" with { type: "json" };

const INDONESIAN: Readonly<Record<string, string>> = refusals;
let language = (localStorage.getItem("language") ?? navigator.language).startsWith("id") ? 1 : 0;

export function changeLanguage(): void {
  language = 1 - language;
  localStorage.setItem("language", word("code"));
}

/** Returns a word in the present language, with values in its gaps; of a code without a word, the code itself. */
export function word(name: string, ...values: readonly (string | number)[]): string {
  const text = name in WORDS ? WORDS[name as keyof typeof WORDS][language]! : name;
  return text.replaceAll(/\{(\d)\}/g, (_, nth: number) => String(values[nth] ?? ""));
}

/** Writes a duration in its largest unit, rounded down or up, in the present language. */
export function durationText(...duration: Parameters<typeof durationOf>): string {
  return durationOf(...duration).replace(/[a-z]+$/, (unit) => word(unit));
}

/** Returns the sentence for a broken rule or a code, in the present language. `holder`: submission that is in the way. */
export function sentenceOf({ code, rule, limit, message, retryAfterSeconds }: Problem, holder = ""): string {
  const english = message.replace(/^--[a-z-]+: /, "");
  const known = INDONESIAN[rule ?? code] ?? INDONESIAN["INVALID_INPUT"]!;
  const indonesian = known.replace("{0}", String(limit ?? holder));
  const wait =
    retryAfterSeconds === null ? "" : ` ${word("wait", durationText(retryAfterSeconds, Math.ceil))}`;
  return (language === 0 ? english : indonesian) + wait;
}
