import { WORDS } from "../../words.ts";

const LANGUAGES = ["en", "id"] as const;
let language = (localStorage.getItem("language") ?? navigator.language).startsWith("id") ? 1 : 0;

export function changeLanguage(): void {
  language = 1 - language;
  localStorage.setItem("language", languageNow());
}

export function languageNow(isOther = false): string {
  return LANGUAGES[isOther ? 1 - language : language]!;
}

/** Returns a word in the present language, with a value in its gap; of a code without a word, the code itself. */
export function word(name: string, value: string | number = ""): string {
  const text = name in WORDS ? WORDS[name as keyof typeof WORDS][language]! : name;
  return text.replace("{0}", () => String(value));
}
