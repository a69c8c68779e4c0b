import { describe, expect, test } from "vitest";
import type { FieldType } from "../../../src/tickets/fields/field-types.ts";
import * as types from "../../../src/tickets/fields/field-types.ts";

/** Text as people type or paste it, and its form. Text that is refused is in field-types.test.ts. */
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
  LINE: LINES,
  CLEAR_LINE: [...LINES, ["an invisible character between digits", "001\u200b002", "001 002"]],
  LONG_TEXT: [
    ["blanks and line ends", "  Saldo \u200bterpotong \r\n\t", "  Saldo \u200bterpotong \r\n\t"],
    ["soft breaks of a word processor", "Saldo\vterpotong\f", "Saldo\nterpotong\n"],
  ],
  PHONE: [["a contact app's marks", "\u202a+6281234567890\u202c\r\n", "+6281234567890"]],
  ACCOUNT_NUMBER: [["what could divide two numbers", "001-23 4567\u200b8 ", "001-23 4567 8"]],
  CARD_NUMBER: [
    ["fours", "1920 3844-5820–1205", "1920384458201205"],
    ["a code after the fours", "1920 3844 5820 1205 123", "1920 3844 5820 1205 123"],
  ],
  AMOUNT: [["separators", " Rp 200.000,50\n", "Rp 200.000,50"]],
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
    "0812-3456-7890": "Please enter a phone number of 3 to 15 digits without separators, such as 081234567890.",
  },
  AMOUNT: {
    "200.000": "Please enter an amount such as 200000 or 200000.75: at most 15 digits, and 2 decimals after a point.",
  },
  IDEMPOTENCY_KEY: { short: "Please use a key of at least 16 characters, such as a UUID." },
};

test.each(Object.entries(SENTENCES))("Users MUST learn what would be right: %s", (name, sentences) => {
  const type = BY_NAME[name]!;
  for (const [typed, sentence] of Object.entries(sentences))
    expect(type.breach(type.inForm(typed))?.message).toBe(sentence);
});
