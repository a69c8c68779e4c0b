import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { mayHoldCardNumber } from "../../../src/tickets/fields/card-number.ts";
import { startService } from "../../support/service.ts";

const HOLDING = [
  "1920384458201205",
  "1920-3844-5820-1205",
  "1920_3844_5820_1205",
  "1920--3844__5820-_1205",
  "card-1920-3844-5820-1205-claim",
  "card1920384458201205",
  "abcdef1920384458201205fedcba",
  "3714-496353-98431",
  "4-2-2-2-2-2-2-2-2-2-2-2-2",
  "6304-0000-0000-0000-000",
  "1920384458201205-1920384458201205",
];

const HOLDING_NONE = [
  "claim-2025-10-23-0001",
  "202510231654-a",
  "1a2b3c4d5e6f7a8b9c0d1e2f",
  "12345678-1234-4123-8123-123456789012",
  "desk-12345678-1234-4123-8123-123456789012-2",
  "12345678901234567890123456789abc",
  "00-12345678901234567890123456789abc-12345abc12345abc-01",
];

describe("an id that a caller made up", () => {
  test.each(HOLDING)("MUST be seen to hold a card number perhaps: %s", (id) => {
    expect(mayHoldCardNumber(id)).toBe(true);
  });

  test.each(HOLDING_NONE)("MUST be seen to hold no card number: %s", (id) => {
    expect(mayHoldCardNumber(id)).toBe(false);
  });

  test("MUST count as free of card numbers when it is a UUID, although one UUID in fifty has 13 digits in a row", () => {
    const ids = Array.from({ length: 5000 }, () => randomUUID());

    expect([...ids, ...ids.map((id) => id.replaceAll("-", ""))].filter(mayHoldCardNumber)).toEqual([]);
  });
});

describe("x-request-id", () => {
  test("MUST be kept unless it could hold a card number, with or without separators", async () => {
    await using service = await startService();
    const answered = async (id: string) => {
      const headers = { "content-type": "application/json", "x-request-id": id };
      const { headers: answer } = await fetch(service.url, {
        method: "POST",
        headers,
        body: '{"query":"{ __typename }"}',
      });
      return answer.get("x-request-id");
    };

    for (const id of HOLDING_NONE) expect(await answered(id)).toBe(id);
    for (const id of [...HOLDING, "1920 3844 5820 1205", "12356788"])
      expect([id, await answered(id)]).toEqual([
        id,
        expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      ]);
  });
});
