/**
 * Functions that put text into form: they change how people and programs write a value, never its meaning. Text that could
 * mean two things stays as it is, for a constraint to refuse.
 */

/**
 * White space, and invisible characters that copied text brings along. Controls that turn text around are not here (U+202B,
 * U+202D, U+202E, U+2067): without them a reader would see another text.
 */
const BLANKS = String.raw`\p{White_Space}\u00AD\u061C\u200B-\u200F\u202A\u202C\u2060\u2066\u2068\u2069\uFEFF`;
const BLANK = new RegExp(`[${BLANKS}]`, "u");
const BETWEEN_DIGITS = new RegExp(String.raw`(?<=[0-9])[${BLANKS}\p{Dash}]+(?=[0-9])`, "gu");
const IN_PHONE = new RegExp(String.raw`[${BLANKS}\p{Dash}.\/()[\]]`, "gu");

/** Removes blanks around text. A loop, because `[…]+$` takes quadratic time for many blanks inside the text. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text[start]!)) start++;
  while (end > start && BLANK.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Makes line breaks of vertical tabs and form feeds, which word processors write for soft breaks and page breaks. */
export function withLineBreaks(text: string): string {
  return text.replaceAll(/[\v\f]/g, "\n");
}

/** Removes blanks and dashes between digits, as printed on cards. A dash before the digits stays: it could be a minus. */
export function joinedDigits(text: string): string {
  return trimmed(text).replaceAll(BETWEEN_DIGITS, "");
}

/** Removes separators. `+62 (0)812` stays as it is, because it stands for +62812 and for 0812. */
export function plainPhone(text: string): string {
  return text.includes("+") && text.includes("(0)") ? text : text.replaceAll(IN_PHONE, "");
}
