import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { problem } from "../../src/errors.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";

const KEY = "a-key-of-this-test";
const TIMES: ReadonlySet<string> = new Set(["observedAt", "settledAt"]);
const service = sharedService();

test("A key MUST be refused for another input, and reveal nothing about the first", async () => {
  const reported = { content: "first content", customerName: "First Name" };
  const first = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY, ...reported });

  const second = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });

  expect(first.payload?.problems).toEqual([]);
  expect(second.payload).toEqual({
    ticket: null,
    existingTicket: null,
    submission: null,
    problems: [problem("IDEMPOTENCY_KEY_REUSED", { field: "idempotencyKey" })],
    replayed: false,
  });
  const { submission, ticket } = first.payload!;
  for (const secret of [...Object.values(reported), KEY, submission!.id, ticket!.id])
    expect(second.text).not.toContain(secret);
  expect(service.sandbox.received).toHaveLength(1);
});

type Changes = Readonly<Record<string, unknown>>;

describe("the input under a key", () => {
  /** Sends two inputs under one key. */
  async function both(name: MutationName, one: Changes, other: Changes) {
    const idempotencyKey = randomUUID();
    const first = (await mutate(service, name, { idempotencyKey, ...one })).payload;
    const second = (await mutate(service, name, reversed({ ...other, idempotencyKey }))).payload;
    expect(first?.problems).toEqual([]);
    expect(service.sandbox.received).toHaveLength(1);
    return { first, second };
  }

  testTable<[name: MutationName, one: Changes, other: Changes]>({
    "nulls, empty and absent fields, other offsets and fractions": [
      "createVoiceTicket",
      { subject: null, subCategory: "", createdAt: "2025-10-23T16:54:08+08:00" },
      { subject: undefined, subCategory: undefined, createdAt: "2025-10-23T08:54:08.900Z" },
    ],
    "digits as text": ["createHelpdeskTicket", { cardNumber: 12345678 }, { cardNumber: "12345678" }],
    "other blanks, when it is typed again": [
      "createHelpdeskTicket",
      {},
      {
        customerName: " Alex\u00a0",
        cardNumber: "1920 3844 5820 1205",
        amount: " 200000\n",
        claimDate: "2025-10-23 16:54:08+0800",
        transactionId: "LED-001\r\n",
      },
    ],
  })("MUST be the same with another order of fields, and with %s", async (_, [name, one, other]) => {
    const { first, second } = await both(name, one, other);

    expect(second).toEqual(replayOf(first));
  });

  const blank = { subCategory: null, detailSubCategory: null };
  testTable<[name: MutationName, one: Changes, other: Changes]>({
    "a blank more": ["createVoiceTicket", { subject: "a b" }, { subject: "a  b" }],
    "a value in another field": [
      "createVoiceTicket",
      { ...blank, subCategory: "x" },
      { ...blank, detailSubCategory: "x" },
    ],
    "another second": [
      "createVoiceTicket",
      { createdAt: "2025-10-23T16:54:08Z" },
      { createdAt: "2025-10-23T16:54:09Z" },
    ],
    "a leading zero": ["createHelpdeskTicket", { accountNumber: "12" }, { accountNumber: "012" }],
    "one decimal more": ["createHelpdeskTicket", { amount: "1.5" }, { amount: "1.50" }],
  })("MUST be another with %s", async (_, [name, one, other]) => {
    const { second } = await both(name, one, other);

    expect(second?.problems).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  });
});

function reversed<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).toReversed()) as Fields;
}

/**
 * Returns what a replay of an answer shows: the same, with times that may lie a second beside. Those of the answer are as the service's clock is
 * known, and those of a replay as the ledger's.
 */
function replayOf(payload: object | null | undefined): object {
  const shown = JSON.parse(JSON.stringify(payload), (name, value: unknown) =>
    TIMES.has(name) && typeof value === "string" ? near(value) : value,
  ) as object;
  return { ...shown, replayed: true };
}

function near(time: string): unknown {
  return expect.toSatisfy((other: string) => Math.abs(Date.parse(other) - Date.parse(time)) <= 1000);
}
