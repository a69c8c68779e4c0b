import { describe, expect, test } from "vitest";
import type { FieldType } from "../../../src/tickets/fields/field-type.ts";
import * as types from "../../../src/tickets/fields/field-types.ts";

/** Text as people type or paste it, and its form, beside that of the page for front ends. Text that is refused is in field-types.test.ts. */
type Row = [habit: string, typed: string, form: string];

const LINES: Row[] = [
  ["blanks around", "  Budi Santoso ", "Budi Santoso"],
  ["the line end of a cell", "Budi Santoso\r\n", "Budi Santoso"],
  ["a no-break space at the end", "Budi Santoso\u00a0", "Budi Santoso"],
  ["a next line at the end", "Budi Santoso\u0085", "Budi Santoso"],
  ["a zero-width space at the start", "\u200bBudi Santoso", "Budi Santoso"],
  ["two cells", "Budi\tSantoso", "Budi Santoso"],
  ["soft hyphens", "Ban\u00adjar\u00admasin", "Banjarmasin"],
  ["zero-width characters", "Bu\u200bdi\u2060 San\ufeffto\u200dso", "Budi Santoso"],
  ["marks of direction", "\u200f\u202b\u2067محمد\u2069\u202c\u200e", "محمد"],
  ["a selector after a letter", "A\ufe0f", "A"],
  ["titles", "Hj. Siti Ma'ruf, S.E., M.M.", "Hj. Siti Ma'ruf, S.E., M.M."],
  ["two normal forms", "Pe\u0301rez-Ñandú", "Pe\u0301rez-Ñandú"],
  ["emoji of many characters", "👩‍👩‍👧 ❤️ 1️⃣ #️⃣", "👩‍👩‍👧 ❤️ 1️⃣ #️⃣"],
  ["joiners of a script", "क्‍ष नमस्ते", "क्‍ष नमस्ते"],
  ["full-width digits, which are no number here", "Ruko ２", "Ruko ２"],
  ["blanks alone", " \t\u200b\u200d\n", ""],
];

const FORMS: Partial<Record<keyof typeof types, Row[]>> = {
  REQUIRED_LINE: LINES,
  CLEAR_LINE: LINES,
  LONG_TEXT: [
    ["blanks and line ends", "  Saldo \u200bterpotong \r\n\t", "  Saldo \u200bterpotong \r\n\t"],
    ["soft breaks of a word processor", "Saldo\vterpotong\f", "Saldo\nterpotong\n"],
  ],
  PHONE: [
    ["blanks", "0812 3456 7890", "081234567890"],
    ["dashes", "0812-3456-7890", "081234567890"],
    ["dots", "0812.3456.7890", "081234567890"],
    ["a country's code", "+62 812 3456 7890", "+6281234567890"],
    ["a country's code before a long group", "+62 81234567 8901", "+62812345678901"],
    ["dashes of a word processor", "0812‑3456–7890", "081234567890"],
    ["a contact app's marks", "\u202a+62 812-3456-7890\u202c", "+6281234567890"],
    ["full-width digits", "０８１２ ３４５６", "08123456"],
    ["the line end of a cell", "081234567890\r\n", "081234567890"],
    ["the longest mobile number", "0812-3456-78901", "0812345678901"],
    ["a service number", "0800-1-401-401", "08001401401"],
    ["another country's code in brackets", "+1 (415) 555-0100", "+14155550100"],
    ["an international prefix", "0044 20 7946 0958", "00442079460958"],
  ],
  TICKET_NUMBER: [["full-width digits", "８２６２８２", "826282"]],
  ACCOUNT_NUMBER: [["blanks and dashes", "001-02 02–123456\u00a07", "00102021234567"]],
  CARD_NUMBER: [
    ["fours", "1920 3844-5820–1205", "1920384458201205"],
    ["one run", "1920384458201205", "1920384458201205"],
  ],
  AMOUNT: [
    ["decimals after a comma", "200000,5", "200000.5"],
    ["commas between the thousands", "200,000.00", "200000.00"],
    ["several commas", "1,000,000", "1000000"],
    ["the currency with a point", "rp.200000", "200000"],
    ["the currency's code", "IDR 200,000.5", "200000.5"],
    ["a dash for no decimals", "Rp200.000,-", "200000.00"],
    ["full-width digits", "２００", "200"],
  ],
  HANDLING_TIME: [["blanks around", " 00:10:09\t", "00:10:09"]],
  EMAIL: [["blanks and invisible characters", "\u200bsiti@mail.co.id\u00a0\n", "siti@mail.co.id"]],
  TICKET_ID: [["a soft hyphen", "690d950c\u00ad5f28\r\n", "690d950c5f28"]],
};

const BY_NAME: Readonly<Record<string, FieldType>> = { ...types };

describe.each(Object.entries(FORMS))("%s", (name, rows) => {
  test.each(rows)("MUST put into form: %s", (_, typed, form) => {
    expect(BY_NAME[name]?.inForm(typed)).toBe(form);
  });
});

/** Wrong values, each with a sentence that is made for its type or its place. rules.json has the others. */
const SENTENCES: Partial<Record<keyof typeof types, Record<string, string>>> = {
  LINE: { ["B".repeat(256)]: "Please enter at most 255 characters instead of 256." },
  LONG_TEXT: {
    "Saldo\r\nterpotong\nuang\u0007 keluar":
      "This text must not hold control characters or broken ones. Please remove or retype character 5 of line 3.",
  },
  PHONE: {
    "0431-851451/52":
      "Please enter one phone number, such as 021-5551234 or +62 812 3456 7890, without an extension.",
    "0812 3456 7890 (WA)": "Please enter a phone number of 3 to 15 digits, such as 0812-3456-7890.",
  },
  TICKET_NUMBER: {
    "826282-826285": "Please enter one number, such as 826282, without blanks, dots, dashes or slashes.",
  },
  ACCOUNT_NUMBER: { "12356788 12356789": "Please enter one account number, such as 0012356788." },
  AMOUNT: {
    "200.000": "An amount such as 200.000 can mean 200 thousand or 200. Please enter 200000 or 200,00.",
    "a lot": "Please enter an amount such as 200000 or 200000,75: at most 15 digits and 2 decimals.",
  },
  IDEMPOTENCY_KEY: { short: "Please use a key of at least 16 characters, such as a UUID." },
};

test.each(Object.entries(SENTENCES))("Users MUST be told what would be right: %s", (name, sentences) => {
  const type = BY_NAME[name]!;
  for (const [typed, sentence] of Object.entries(sentences))
    expect(type.breach(type.inForm(typed))?.message).toBe(sentence);
});
