import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  hidesCardNumber,
  holdsCardNumber,
  maskCardNumbers,
  withoutCardNumbers,
} from "../../../src/tickets/fields/card-number.ts";

/** Test numbers of card schemes, with the last four digits. */
const CARDS: [scheme: string, number: string][] = [
  ["Visa", "4111111111111111"],
  ["Visa of 13 digits", "4222222222222"],
  ["Visa of 19 digits", "4111111111111111110"],
  ["Mastercard", "5555555555554444"],
  ["Mastercard of the newer range", "2223003122003222"],
  ["Maestro", "6304000000000000"],
  ["GPN", "1946000000000005"],
  ["UnionPay", "6200000000000005"],
  ["JCB", "3530111333300000"],
  ["American Express", "378282246310005"],
  ["Diners Club", "30569309025904"],
];

/** Text with a card number, and its copy as it is stored. */
const MASKED: [what: string, typed: string, stored: string][] = [
  ["in a sentence", "Kartu 4111111111111111 tertelan", "Kartu ************1111 tertelan"],
  ["in fours", "4111 1111 1111 1111", "**** **** **** 1111"],
  ["with dashes", "4111-1111-1111-1111", "****-****-****-1111"],
  ["with dots, slashes or underscores", "4111.1111/1111_1111", "****.****/****_1111"],
  ["with more than one of them", "4111 - 1111 - 1111 - 1111", "**** - **** - **** - 1111"],
  ["over two lines", "4111 1111\r\n1111 1111", "**** ****\r\n**** 1111"],
  ["with zero-width spaces", "4111\u200b1111\u200b1111\u200b1111", "****\u200b****\u200b****\u200b1111"],
  ["in pairs", "41 11 11 11 11 11 11 11", "** ** ** ** ** ** 11 11"],
  ["digit by digit", "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", "*-*-*-*-*-*-*-*-*-*-*-*-1-1-1-1"],
  ["as American Express prints it", "3782 822463 10005", "**** ****** *0005"],
  ["in fours, some of them together", "4111 1111 11111111", "**** **** ****1111"],
  ["with the last four apart", "411111111111-1111", "************-1111"],
  ["behind its first four", "4111 111111111111", "**** ********1111"],
  ["behind the issuer's six", "411111 1111111111", "****** ******1111"],
  ["between six and six", "411111 1111 111111", "****** **** **1111"],
  ["beside letters", "no4111111111111111x", "no************1111x"],
  ["in full-width digits", "４１１１ １１１１ １１１１ １１１１", "**** **** **** 1111"],
  ["with letters that look like dashes", "４１１１ー１１１１ー1111ー1111", "****ー****ー****ー1111"],
  ["with letters that look like blanks", "4111\u31641111\u31641111\u31641111", "****\u3164****\u3164****\u31641111"],
  ["before its code and date", "4111 1111 1111 1111 123 12/27", "**** **** **** 1111 123 12/27"],
  ["after another number", "0012356788 4111111111111111", "0012356788 ************1111"],
  ["twice", "4111111111111111, 5555555555554444", "************1111, ************4444"],
];

const WITHOUT = [
  ["a wrong last digit", "4111111111111112"],
  ["a beginning of no card", "1920384458201205"],
  ["too few digits", "411111111116"],
  ["more digits than cards have", "00004111111111111111"],
  ["a phone number", "+62 812-3456-7890, 6281234567894"],
  ["a time", "20251023165408123"],
  ["a key with a date", "desk-5012-2025-10-23-0007"],
  ["an amount", "Rp 4.111.111.111.111,00"],
] as const;

describe("a card number in text", () => {
  test.each(CARDS)("MUST be masked to its last four digits: %s", (_, card) => {
    expect(maskCardNumbers(`Kartu ${card}.`)).toBe(`Kartu ${"*".repeat(card.length - 4)}${card.slice(-4)}.`);
    expect(holdsCardNumber(card)).toBe(true);
  });

  test.each(MASKED)("MUST be masked as it is typed: %s", (_, typed, stored) => {
    expect(maskCardNumbers(typed)).toBe(stored);
    expect(holdsCardNumber(typed)).toBe(true);
  });

  test.each(WITHOUT)("MUST NOT be seen in %s", (_, typed) => {
    expect(maskCardNumbers(typed)).toBe(typed);
    expect(holdsCardNumber(typed)).toBe(false);
  });

  test("MUST be masked in every text of a ticket but its phone number and its amount, which may look like one", () => {
    const [text, masked] = ["4111111111111111", "************1111"];
    const others = { customerPhone: "+4111111111111", amount: "4222222222222", categoryName: null };
    const details = { ...others, createdAt: Temporal.Instant.fromEpochMilliseconds(0) };

    expect(withoutCardNumbers({ ...details, customerName: text, subject: text })).toEqual({
      ...details,
      customerName: masked,
      subject: masked,
    });
  });
});

describe("an id", () => {
  test.each([
    "61c1a67a55ad7fa60195bc03",
    "4111111111111111deadbeef",
    "41111111-1111-4111-8111-111111111111",
    "desk-41111111-1111-4111-8111-111111111111-2",
    "4111111111111111aaaaaaaaaaaaaaaa",
  ])("MUST NOT be refused for digits that stand in hexadecimal text by chance: %s", (id) => {
    expect(holdsCardNumber(id)).toBe(false);
  });

  test("MUST NOT be refused when it is a UUID, although some have the digits of a card", () => {
    const ids = Array.from({ length: 5000 }, () => randomUUID());

    expect([...ids, ...ids.map((id) => id.replaceAll("-", ""))].filter(holdsCardNumber)).toEqual([]);
  });
});

describe("an id for the log", () => {
  test.each([
    "4111111111111111",
    "claim-4111_1111_1111_1111",
    "4111111111111111aaaaaaaaaaaaaaaa",
    "41111111-1111-1111-a111-111111111111",
    "00-00000000000000004111111111111111-00f067aa0ba902b7-01",
    "00-41111111111111110000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-4111111111111111-01",
  ])("MUST NOT hide a card number among other digits: %s", (id) => {
    expect(hidesCardNumber(id)).toBe(true);
  });

  test.each([
    "202510231654-a",
    "12345678-1234-4123-8123-1234567890ab",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ])("MUST be kept otherwise: %s", (id) => {
    expect(hidesCardNumber(id)).toBe(false);
  });
});

test("A text of 20,000 characters MUST be masked at once, whatever stands in it", () => {
  for (const piece of ["1 ", "4 ", "4111 1111 1111 1112 ", "41111111111111111111", "12-", "x"]) {
    const startedAt = performance.now();
    maskCardNumbers(piece.repeat(20_000 / piece.length));
    expect([piece, performance.now() - startedAt < 1000]).toEqual([piece, true]);
  }
});
