/** Functions that put text into form: they remove outer white space and what is never shown, and change nothing else. */

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
