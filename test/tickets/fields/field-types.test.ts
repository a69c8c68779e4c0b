import { assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import type { FieldType } from "../../../src/tickets/fields/field-types.ts";
import * as types from "../../../src/tickets/fields/field-types.ts";
import type { InputRule } from "../../../src/tickets/fields/rules.ts";

type Type = keyof typeof types;

/** Values that fit on one line of code each. */
const values = (...lists: string[]): string[] => lists.flatMap((list) => list.split("|"));

const CONTROLS = values("s3cret\u0000|s3cret\u001b[31m|s3cret\u007f|s3cret\ud800|\udc00s3cret|s3cret\udc00\ud800");
const BAD_LINE: Partial<Record<InputRule, string[]>> = {
  NOT_ONE_LINE: values("s3cret\nline|s3cret\rline|s3cret\u0085x|s3cret\u2028line|s3cret\u2029line|s3cret\fline"),
  CONTROL_CHARACTER: [
    ...CONTROLS,
    ...values("\u0000|\u115f\u1160|\u3164|\uffa0|s3cret\u202eword|\u202es3cret|s3cret\u{e0041}"),
  ],
  TOO_LONG: ["s3cret".padEnd(256, "x"), "s3cret\n".padEnd(256, "x"), "😀".repeat(256), "s3cret".padEnd(700_000)],
  REQUIRED: values("|\u2800|\u0301|\ue000| |\t \n|\u00a0\u3000|\u200b\u200d\ufeff"),
};
const BAD_LINES: Partial<Record<InputRule, string[]>> = {
  CONTROL_CHARACTER: [...CONTROLS, "s3cret\u0085x"],
  TOO_LONG: ["s3cret".padEnd(20_001, "x"), "😀".repeat(20_001), "s3cret".padEnd(700_000)],
  REQUIRED: values("|\u115f\u1160|\u3164|\u2800|\u0301| |\t \n|\u00a0\u3000|\u200b\u200d\ufeff"),
};
const CARD = values("4111111111111111|s3cret 4111 1111 1111 1111|5555-5555-5555-4444|３７８２ ８２２４６３ １０００５");

/** Makes an address of `length` characters whose parts are not too long. */
const addressOf = (length: number): string =>
  `${"s".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(length - 197)}.com`;

const BAD: Record<Type, Partial<Record<InputRule, string[]>>> = {
  LINE: BAD_LINE,
  CLEAR_LINE: { ...BAD_LINE, CARD_NUMBER: CARD },
  LONG_TEXT: BAD_LINES,
  EMAIL: {
    REQUIRED: values("| "),
    NOT_AN_EMAIL: values(
      "s3cret|s3cret@|@s3cret.com|s3crét@mail.com|s3cret@bänk.id|Budi <s3cret@mail.com>|s3cret@mail",
      "s3cret @mail.com|s3cret@mail.com,other@mail.com|s3cret\u0000@mail.com|s3cret@10.0.0.1",
      "s3cret@mail..com|s3cret@-mail.com|s3cret@mail.com.|s3cret@s3cret@mail.com",
    ),
    TOO_LONG: [addressOf(255), "s3cret".padEnd(700_000, "@")],
  },
  PHONE: {
    REQUIRED: values("| "),
    NOT_A_PHONE: values(
      "12|+1|0831337083133708|0831337000 ext|٠٨٣١٣٣٧٠٠٠|０８３１３３７０００|\u202e0831337000|tel:0831337000|++6231337000",
      "0831-337000|0831 337 000|(0831) 337000|0831.337000|+62 831337000|0831337000\u200b1|0831337000, 0831337001",
      "021-8313370-101|2031-12-13",
    ),
  },
  TICKET_NUMBER: {
    REQUIRED: values("| "),
    NOT_DIGITS: values(
      "31337a|-31337|31337-|+31337|٣١٣٣٧|３１３３７|0x31337|HD-31337|3.1337E+05|HD/31/337|31337 31338",
      "31337-31338|313\n37|313\t37|31.337|31337,0|313\u200b37|2031-12-13|4111 1111 1111 1111",
    ),
    TOO_LONG: ["31337313373133731337", "31337-31338-31339-31340"],
    CARD_NUMBER: values("4111111111111111"),
  },
  ACCOUNT_NUMBER: {
    REQUIRED: values("| "),
    NOT_DIGITS: values("31337a|-31337|0013-313378|0013 313378|31337/31338|12331337\u200d12331338|2031-12-13"),
    TOO_LONG: ["31337313373133731337"],
  },
  CARD_NUMBER: {
    REQUIRED: values("| "),
    NOT_DIGITS: values(
      "****1337|-31337|31337x|4.11111E+15|4111 111111111111|4111\n1111\n1111\n1111|4111/1111/1111/1111",
      "3782 822463 10005|4111111111111111 12|1920384458201\u200b123|４１１１ １１１１",
    ),
    TOO_LONG: ["31337313373133731337", "4111 1111 1111 1111 337", "4111-1111-1111-1111-12/27"],
  },
  AMOUNT: {
    REQUIRED: values("| "),
    NOT_AN_AMOUNT: values(
      "-31337|+31337|31337.|.31337|31337.123|031337|007|31337e5|0x31337|NaN|Infinity|1337,000|31337,5",
      "31 337|31.337|31.337.000|31,337.00|Rp 31337|31337,-|٣١٣٣٧|３１３３７|3133700000000000|00|-0|31337 31338",
    ),
  },
  HANDLING_TIME: {
    NOT_A_DURATION: values("s3cret|31:37|31:60:37|31:37:60|31:7:37|31337:00:00|-31:37:00|31:37:00.5|31.37.00"),
  },
  INSTANT: { NOT_A_TIME: values("s3cret|2031-02-30T13:37:00Z|-002031-12-13T13:37:00Z") },
  TICKET_ID: {
    REQUIRED: values("| "),
    NOT_AN_ID: values("s3cret id|s3cret\tid|s3cret\u00e9|s3cret\nid|s3cret\u0000|s3cret\u202eid|\u202es3cret"),
    TOO_LONG: ["s3cret".padEnd(256, "x")],
    CARD_NUMBER: values("4111111111111111|s3cret-4111-1111-1111-1111"),
  },
  IDEMPOTENCY_KEY: {
    REQUIRED: [""],
    TOO_SHORT: ["s3cret-15-chars", " "],
    TOO_LONG: ["s3cret".padEnd(129, "x")],
    NOT_A_KEY: values(
      "3133731337313373|s3cret with blanks|s3cret-with-ümlaut|s3cret/with/slashes|s3cret-with-a-break\n",
      " s3cret-in-blanks |\u0000s3cret-and-a-zero",
    ),
    CARD_NUMBER: values("s3cret-4111-1111-1111-1111|s3cret_4111_1111_1111_1111|s3cret4111111111111111"),
  },
};

const SEEN = values("x| x |<b>'\"; -- \\|👩‍👩‍👧 עברית|\u200bx|\ufeffx\u00a0\r\n|नमस्ते ❤️|क्‍ष 1️⃣ #️⃣|e\u0301|-");
const NO_CARD = values("61c1a67a55ad7fa60195bc03|4a1b9f0e-2f1d-4a53-9d0f-5a4f6d7c8b9a|ATM 4111 1111 1111 1112");

/** Values that pass as they are, or after they are put into form. */
const GOOD: Record<Type, unknown[]> = {
  LINE: [...SEEN, CARD[0], "😀".repeat(255), "x".repeat(255).padStart(300), "e\u0301".repeat(255)],
  CLEAR_LINE: [...SEEN, ...NO_CARD],
  LONG_TEXT: values("x|\n\tx\r\n |x\vy\fz|\u202ex", CARD[0]!, "x".repeat(20_000), "😀".repeat(20_000)),
  EMAIL: values(
    "a@b.id|a.b+c_d@mail.example.co.id| a@b.id\r\n|budi.@gmail.com|.a..b@docomo.ne.jp|A@B.xn--p1ai",
    addressOf(254),
  ),
  PHONE: values("123|+123|123456789012345|+123456789012345|\u202a+6283133700\u202c"),
  TICKET_NUMBER: values("0|7| 8262\u200b\r\n|4111111111111112", "0".repeat(19), "9".repeat(19)),
  ACCOUNT_NUMBER: values("0| 0012356788\t|4111111111111111", "9".repeat(19)),
  CARD_NUMBER: values("7| 4111-1111–1111\u00a01111\n|1920384458201205", "9".repeat(19)),
  AMOUNT: values("0|0.5|0.50|1| 1\n|999999999999999|999999999999999.99"),
  HANDLING_TIME: values("0:00:00|24:00:00|9999:59:59|10:10:09| 10:10:09\t"),
  INSTANT: ["0001-01-02T00:00:00Z", "9999-12-30T23:59:59Z", "2024-02-29T00:00:00Z"].map((text) =>
    Temporal.Instant.from(text),
  ),
  TICKET_ID: values("x| x\u00a0|690d950c5f287ad0ff3bd9d5|!~|690d\u200b950c", "x".repeat(255)),
  IDEMPOTENCY_KEY: values(
    "abcdefghijklmnop|012345678901-_Zz|claim-2025-10-23-0001|12345678-1234-4123-8123-1234567890ab",
    "desk-41111111-1111-4111-8111-111111111111|4111111111111111111111111111111f|claim-20251023165408123",
    "x".repeat(128),
  ),
};

/** Marks that hide behind each other. */
const MARKS = values("a\u200b\u200db|a\u200d\u200d|1\ufe0f\ufe0f\u20e3|\u200d \u200b|4111 1111\u200b|\t\u200b\ta");

const TYPES = Object.keys(BAD) as Type[];
const BY_NAME: Readonly<Record<Type, FieldType>> = { ...types };
const breachOf = (type: FieldType, value: unknown) => type.breach(type.inForm(value));

/** Texts of a bad value that must not leak. Short or blank ones cannot be searched for. */
const leaks = (value: string): string[] =>
  [value, "s3cret", "31337", "1111"].filter((trace) => trace.trim().length > 3 && value.includes(trace));

describe.each(TYPES)("%s", (name) => {
  const type = BY_NAME[name];

  test.each(Object.entries(BAD[name]))("MUST refuse a value by %s, in a sentence without it", (rule, bad) => {
    for (const value of bad) {
      const breach = breachOf(type, value);
      const sentence = expect.stringMatching(/^[A-Z].*\.$/);
      expect([value.slice(0, 99), breach]).toMatchObject([value.slice(0, 99), { rule, message: sentence }]);
      for (const trace of leaks(value)) expect(breach?.message).not.toContain(trace);
      expect(typeof breach?.limit).toBe(rule.startsWith("TOO_") ? "number" : "undefined");
    }
  });

  test("MUST take values at its edges", () => {
    const refused = GOOD[name].filter((value) => breachOf(type, value) !== null);
    expect(refused).toEqual([]);
  });

  test("MUST leave what passes as it is, so that a form is sent again as the same value", () => {
    const again = property(oneof(constantFrom(...MARKS), string({ unit: "binary" })), (typed) => {
      const form = type.inForm(typed);
      expect(type.breach(form) === null && type.inForm(form) !== form).toBe(false);
    });
    assert(again, { numRuns: 500, examples: GOOD[name].map((typed): [string] => [typed as string]) });
  });

  test("MUST NOT hold up other callers over a text as long as a whole body", () => {
    for (const piece of ["1", "4 ", "0812-", "e\u0301", "\u200b", "１", "\ud800", "(0)", "@a", "\t", "1,"]) {
      const long = piece.repeat(700_000 / piece.length);
      const before = process.threadCpuUsage(); // a busy machine takes longer, and works as much
      const breach = breachOf(type, long);
      const { user, system } = process.threadCpuUsage(before);
      expect([piece, breach?.rule]).toEqual([piece, name === "INSTANT" ? "NOT_A_TIME" : "TOO_LONG"]);
      expect((user + system) / 1000).toBeLessThan(100);
    }
  });
});

const ODD_YEARS = ["0001-01-01T23:59:59Z", "9999-12-31T00:00:00Z"];
test.each(ODD_YEARS)("A time MUST be refused whose year has not four digits in every zone: %s", (text) => {
  expect(types.INSTANT.breach(Temporal.Instant.from(text))).toMatchObject({ rule: "NOT_A_TIME" });
});
