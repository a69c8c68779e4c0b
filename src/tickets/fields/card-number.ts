/** Fewest digits of a payment card's number. Numbers have up to 19 digits, and a longer run of digits could hold one. */
export const MIN_CARD_DIGITS = 13;

const CARD_NUMBER = new RegExp(String.raw`\d(?:[-_]*\d){${MIN_CARD_DIGITS - 1}}`);
/** UUIDs, and other hexadecimal text with a letter in it. One UUID in fifty has 13 digits in a row by chance. */
const HEXADECIMAL = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\d*[a-f])[0-9a-f]{32,}/gi;

/**
 * True when an id that a caller made up could hold a card number, also with separators: such an id must reach neither the log
 * nor the ledger. `id`: characters of A-Z a-z 0-9 _ and -.
 */
export function mayHoldCardNumber(id: string): boolean {
  return CARD_NUMBER.test(id.replaceAll(HEXADECIMAL, "x"));
}
