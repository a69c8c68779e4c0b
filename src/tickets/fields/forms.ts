/** Functions that put text into form: how people write a value changes, never its meaning. What could mean two things stays, to be refused. */

/**
 * Characters that are never shown. Some of \p{DI} stay: Hangul fillers, which look like blanks, tags, U+202E, which turns text around,
 * and the variation selectors and joiners of emoji and some scripts. After ASCII only keycaps (U+20E3) need one.
 */
const INVISIBLE = /[\p{DI}--[\p{L}\u202E\u{E0000}-\u{E007F}\p{VS}\u200C\u200D]]/gv;
const NEEDLESS = /(?<=[ -~])[\p{VS}\u200C\u200D]+(?!\u20E3)/gv;
const BLANK = /[\p{White_Space}\u200C\u200D]/u;

/** Removes invisible characters, and blanks around text. A loop, because `[…]+$` takes quadratic time for many blanks inside the text. */
export function trim(text: string): string {
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

/** Makes ASCII digits of the full-width ones of East Asian input methods. */
export function asciiDigits(text: string): string {
  return text.replaceAll(/[\uFF10-\uFF19]/g, (digit) => digit.normalize("NFKC"));
}

/** Invisible characters between two digits. They may divide two numbers, as a blank does. */
const DIVIDING = /(?<=\d)\p{DI}+(?=\d)/gu;

/** Puts a reference or a note into one line. */
export function clearLine(text: string): string {
  return oneLine(text.replaceAll(DIVIDING, " "));
}

export function plainDigits(text: string): string {
  return trim(asciiDigits(text).replaceAll(DIVIDING, " "));
}

const BETWEEN = String.raw`[\p{Zs}\p{Dash}]+`;
/** Digits of an account number that could be two values. */
const TWO_ACCOUNTS = new RegExp(
  [
    `\\d{6}${BETWEEN}\\d{6}|\\d{9}${BETWEEN}\\d|\\d${BETWEEN}\\d{9}`, // a whole number beside another group
    String.raw`(?:\d\p{Dash}?){8}\p{Zs}+(?:\d\p{Dash}?){8}|(?:\d\p{Zs}?){8}\p{Dash}+(?:\d\p{Zs}?){8}`, // numbers in groups
    `(?:19|20)\\d\\d${BETWEEN}[01]?\\d${BETWEEN}[0-3]?\\d(?!\\d)|(?<!\\d)[0-3]?\\d${BETWEEN}[01]?\\d${BETWEEN}(?:19|20)\\d\\d(?!\\d)`, // a date
    `(?:\\d(?:${BETWEEN})?){17}`, // more digits than accounts have, as a card number with a code
  ].join("|"),
  "u",
);
/** A date in digits, such as 2025-10-23 or 23/10/2025. */
export const DATE = new RegExp(
  `^(?:(?:19|20)\\d\\d[-/. ][01]?\\d[-/. ][0-3]?\\d|[0-3]?\\d[-/. ][01]?\\d[-/. ](?:19|20)\\d\\d)$`,
);

const GROUPS_OF_FOUR = /^[0-9]{4}(?:[\p{Zs}\p{Dash}]+[0-9]{4})+$/u;
const BETWEEN_DIGITS = /(?<=[0-9])[\p{Zs}\p{Dash}]+(?=[0-9])/gu;

/** Removes blanks and dashes between the digits of an account number, unless they could be two values. */
export function joinedAccount(text: string): string {
  const typed = plainDigits(text);
  return TWO_ACCOUNTS.test(typed) ? typed : typed.replaceAll(BETWEEN_DIGITS, "");
}

/** Removes blanks and dashes between groups of four, as printed on cards. Digits after them are a code or a date. */
export function joinedCard(text: string): string {
  const typed = plainDigits(text);
  return GROUPS_OF_FOUR.test(typed) ? typed.replaceAll(BETWEEN_DIGITS, "") : typed;
}

/** A card number with the code beside it, or with the month and year. */
export const CARD_CODE =
  /^(?:[0-9]{13,19}|(?:[0-9]{4}[\p{Zs}\p{Dash}]+){3}[0-9]{4})[^0-9]+(?:[0-9]{3,4}|[01]?[0-9][^0-9]+[0-9]{2,4})$/u;

const IN_PHONE = String.raw`[\p{Zs}\p{Dash}.()[\]]`;
const SEPARATORS = new RegExp(IN_PHONE, "gu");
/** A divider, a 0 after the country code, a bracket after digits, two groups as long as numbers, a short group after one and an area code, or a date. */
const TWO_PHONES = new RegExp(
  String.raw`(?!^)[/,;&|+\t\r\n]|^\+${IN_PHONE}+0|\d[\p{Zs}\p{Dash}.]*[([]\p{Zs}*\d|\d{6}${IN_PHONE}+\d{6}|\d(?:${IN_PHONE}+\d{6}|\d{8})\d{0,9}${IN_PHONE}+\d{1,4}$|^[2-9]\d{4,7}${IN_PHONE}+\d{1,4}$|^\d{4}-\d\d-\d\d$|^[0-3]?\d[-.][01]?\d[-.](?:19|20)\d\d$`,
  "u",
);
/** Digits of more than one number, when they were typed in groups: Indonesia's have at most 10 after 0 or 62, mobile ones 12. */
const TOO_LONG = /^(?:(?:\+|00)?62|0(?!0))(?:8\d{12}|[^8]\d{10})|^(?![+0]|62)\d{13}/;
/** Removes separators, unless another number or an extension could follow. `+62 (0)812` stands for +62812 and for 0812, so it stays as well. */
export function plainPhone(text: string): string {
  const typed = plainDigits(text);
  const withoutCountry = typed.replace(/^[([]?(?:\+[0-9]{1,3}|62)[)\]]?(?![0-9])/, "+");
  const joined = typed.replaceAll(SEPARATORS, "");
  return TWO_PHONES.test(withoutCountry) || (joined !== typed && TOO_LONG.test(joined)) ? typed : joined;
}

/** A word or a sign for an extension, and its digits in brackets. */
const EXTENSION = /[0-9][^\p{L}\p{N}]*(?:ext(?:ension)?|ekst|pes(?:awat)?|x|#)[^\p{L}\p{N}]*[0-9]{1,5}$/iu;
const IN_BRACKETS = /[([]\p{Zs}*[0-9]{1,4}\p{Zs}*[)\]]$/u;
/** Digits of a whole phone number, and most of an extension that no word names. */
const [WHOLE, SHORT] = [7, 3];

/** True for a phone number with an extension: 021-5551234 ext. 12, 021-5551234-101 or (021) 5551234 (12), but not for the end of a second number (851451/52). */
export function hasExtension(typed: string): boolean {
  const groups = typed.match(/[0-9]+/g) ?? [];
  const last = groups.pop() ?? "";
  const isAlone = groups.join("").length >= WHOLE && !/[/,;&|\n]|\(0\)/.test(typed);
  return EXTENSION.test(typed) || (isAlone && (last.length <= SHORT || IN_BRACKETS.test(typed)));
}

/** An amount whose separator stands before thousands for some readers, and before decimals for others. */
export const TWO_READINGS = /^[0-9]{1,3}[.,][0-9]{3}$/;
const INDONESIAN = /^(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]{1,2})?$/;
const ENGLISH = /^(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?$/;

/** Writes an amount of one reading with digits and a point before its decimals: Rp 200.000,50 becomes 200000.50. */
export function plainAmount(text: string): string {
  const typed = plainDigits(text)
    .replace(/^(?:rp|idr)\.?\s*/i, "")
    .replace(/,\p{Dash}$/u, ",00");
  if (TWO_READINGS.test(typed)) return typed;
  if (INDONESIAN.test(typed)) return typed.replaceAll(".", "").replace(",", ".");
  return ENGLISH.test(typed) ? typed.replaceAll(",", "") : typed;
}
