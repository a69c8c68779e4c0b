import type { Problem } from "../../../errors.ts";
import { durationOf } from "../../printable.ts";
import { WORDS } from "../../words.ts";
import inIndonesian from "./refusals.id.json" with { type: "json" };

let language = (localStorage.getItem("language") ?? navigator.language).startsWith("id") ? 1 : 0;

export function changeLanguage(): void {
  language = 1 - language;
  localStorage.setItem("language", word("code"));
}

/** Returns a word in the present language, with a value in its gap; of a code without a word, the code itself. */
export function word(name: string, value: string | number = ""): string {
  const text = name in WORDS ? WORDS[name as keyof typeof WORDS][language]! : name;
  return text.replace("{0}", () => String(value));
}

/** Returns the sentence of a refusal in the present language; the English one comes with it. `holder`: submission that holds the ticket. */
export function sentenceOf({ code, rule, limit, message, retryAfterSeconds }: Problem, holder = ""): string {
  const indonesian = inIndonesian[(rule ?? code) as keyof typeof inIndonesian];
  const sentence = language === 0 ? message.replace(/^--[a-z-]+: /, "") : indonesian;
  const wait = retryAfterSeconds && word("wait", durationOf(retryAfterSeconds, Math.ceil));
  return `${sentence.replace("{0}", String(limit ?? holder))} ${wait ?? ""}`.trim();
}
