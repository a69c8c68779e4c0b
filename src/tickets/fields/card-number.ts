/** Beginnings and lengths of payment cards' numbers. */
const ISSUED = new RegExp(
  [
    "^(?=.{13,19}$)4", // Visa
    "^(?=.{16}$)(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)", // Mastercard
    "^(?=.{16,19}$)(?:5[06-8]|6|1946)", // Maestro, UnionPay, Discover, Indonesia's GPN
    "^(?=.{16,19}$)35(?:2[89]|[3-8])", // JCB
    "^(?=.{15}$)3[47]", // American Express
    "^(?=.{14,19}$)3(?:0[0-5]|095|[689])", // Diners Club
  ].join("|"),
);
const [MIN, MAX] = [13, 19];

/** Checks the beginning, the length and the last digit (ISO/IEC 7812-1, annex B). */
function isCardNumber(digits: string): boolean {
  if (!ISSUED.test(digits)) return false;
  let sum = 0;
  for (let nth = 0; nth < digits.length; nth++) {
    const digit = Number(digits.at(-1 - nth)) * (nth % 2 === 0 ? 1 : 2);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

const DIGIT = String.raw`[0-9\uFF10-\uFF19]`;
/** Separators of digits, with the letters that look like a dash, such as the ー of Japanese keyboards, or like a blank. */
const BETWEEN = String.raw`[[^\p{L}\p{N}]\p{Lm}\p{DI}]`;
const RUN = new RegExp(String.raw`(?<!${DIGIT})${DIGIT}(?:${BETWEEN}{0,4}${DIGIT}){12,}`, "gv");
const BEFORE_THE_LAST_FOUR = /[0-9](?=(?:[^0-9]*[0-9]){4})/g;

/** Replaces the digits of card numbers in text by stars, except the last four. */
export function maskCardNumbers(text: string): string {
  return hasDigitsOfCard(text) ? text.replaceAll(RUN, maskRun) : text;
}

/** True for text with as many digits as the shortest card number. Nearly every text has fewer, and need not be searched. */
function hasDigitsOfCard(text: string): boolean {
  let digits = 0;
  for (let at = 0; at < text.length && digits < MIN; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 0x30 && code <= 0x39) || (code >= 0xff10 && code <= 0xff19)) digits++;
  }
  return digits === MIN;
}

function maskRun(run: string): string {
  const typed = run.replaceAll(/[\uFF10-\uFF19]/g, (digit) => digit.normalize("NFKC"));
  const parts = typed.split(/([^0-9]+)/); // groups of digits have even indexes, and what stands between them odd ones
  let masked = "";
  for (let first = 0; first < parts.length; first++) {
    const last = first % 2 === 0 ? lastGroupOfCard(parts, first) : null;
    const part = parts.slice(first, (last ?? first) + 1).join("");
    masked += last === null ? part : part.replaceAll(BEFORE_THE_LAST_FOUR, "*");
    first = last ?? first;
  }
  return masked === typed ? run : masked;
}

/** Lengths of groups as people write them: equal, fours with a rest, American Express, the issuer's six. No date matches. */
const PRINTED = /^(?:(\d+)(?:,\1)*(?:,[1-4])?|(?:4|8|12)(?:,(?:4|8|12))*(?:,[1-4])?|4,6,[45]|6,4,6|6,10)$/;

/** Returns the last group of the card number that begins with this group. Null: none does. */
function lastGroupOfCard(parts: readonly string[], first: number): number | null {
  let digits = "";
  const lengths: number[] = [];
  for (let last = first; last < parts.length && digits.length < MAX; last += 2) {
    digits += parts[last];
    lengths.push(parts[last]!.length);
    if (digits.length >= MIN && isCardNumber(digits) && PRINTED.test(String(lengths))) return last;
  }
  return null;
}

/** UUIDs, and other long hexadecimal text with a letter in it, such as Sociomile's ids: their digits come by chance. */
const HEXADECIMAL = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-f])(?=[0-9]*[a-f])[0-9a-f]{24,}/gi;

/** True when an id or a line of text contains a card number. */
export function holdsCardNumber(line: string): boolean {
  if (!hasDigitsOfCard(line)) return false;
  const typed = line.replaceAll(HEXADECIMAL, "x");
  return maskCardNumbers(typed) !== typed;
}

/** True when the digits of an id contain those of a card number, even in hexadecimal text. `id`: characters of A-Za-z0-9_-. */
export function hidesCardNumber(id: string): boolean {
  if (!hasDigitsOfCard(id)) return false;
  const digits = id.replaceAll(/[-_]/g, "");
  for (const { index } of digits.matchAll(/(?=[0-9]{13})/g))
    for (let length = MIN; length <= MAX; length++) if (isCardNumber(digits.slice(index, index + length))) return true;
  return false;
}

/** Fields whose values may look like card numbers. */
const NUMBERS: ReadonlySet<string> = new Set(["customerPhone", "amount"]);

/** Masks card numbers in the copy of a ticket's details that is stored and shown. */
export function withoutCardNumbers<Details extends object>(details: Details): Details {
  const masked = { ...details } as Record<string, unknown>;
  for (const [field, value] of Object.entries(details))
    if (typeof value === "string" && !NUMBERS.has(field)) masked[field] = maskCardNumbers(value);
  return masked as Details;
}
