import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import type { Reservation } from "../../src/tickets/ports.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { ledgerForEach } from "../support/ledger-for-each.ts";
import { ENGINES } from "../support/ledgers.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { replayOf } from "../support/replay.ts";
import { intentOf } from "../support/intents.ts";
import { openAt } from "../support/opened.ts";
import { sharedService, startServiceOn } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";
import { VOICE } from "../sociomile/requests.ts";

const KEY = "a-key-of-this-test";
const SOON = { timeout: 30_000, interval: 20 };

describe.concurrent("idempotency keys", () => {
  test("MUST refuse a key for another input, and reveal nothing about the first", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const told = { content: "first content", customerName: "First Name" };
    const first = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY, ...told });

    const second = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });

    expect(first.payload?.problems).toEqual([]);
    expect(second.payload).toEqual({
      ticket: null,
      existingTicket: null,
      submission: null,
      problems: [
        {
          code: "IDEMPOTENCY_KEY_REUSED",
          message: "This form was sent before with other values. Please look at that request first.",
          field: "idempotencyKey",
          retryable: false,
          retryAfterSeconds: null,
          rule: null,
          limit: null,
          traceId: null,
        },
      ],
      replayed: false,
    });
    const { submission, ticket } = first.payload!;
    for (const secret of [...Object.values(told), KEY, submission!.id, ticket!.id])
      expect(second.text).not.toContain(secret);
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST commit the intent to the ledger before the first byte leaves", async () => {
    await using service = await startServiceOn("PostgreSQL", {
      mood: "hang-before",
      config: { SOCIOMILE_TIMEOUT_MS: 5000 },
    });
    const call = mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    await vi.waitFor(() => expect(service.sandbox.received).toHaveLength(1), SOON);

    const rows = await service.sql.run("SELECT state, settled_at, key_hash FROM submissions");

    expect(rows).toEqual([{ state: "SENDING", settled_at: null, key_hash: expect.any(Uint8Array) }]);
    await service.sandbox.close();
    expect((await call).payload?.problems).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
  });
});

describe.each(ENGINES)("the ledger under idempotency keys, on %s,", (engine) => {
  const { ledger, place } = ledgerForEach(engine);

  test.each([
    ["keys", false, 150],
    ["keys of requests without effect", true, 30],
  ])(
    "MUST give each key to one of two replicas that reserve many %s in opposite order",
    async (_, ran, count) => {
      await using other = await openAt(place);
      for (let round = 0; round < 10; round++) {
        const keys = Array.from({ length: count }, (__, nth) => `key-${round}-${nth}-of-both`);
        if (ran) await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));

        const reservations = await Promise.all([
          ...keys.map((key) => ledger.reserve(intentOf(key))),
          ...keys.toReversed().map((key) => other.ledger.reserve(intentOf(key))),
        ]);

        const winners = reservations.flatMap((reservation) =>
          reservation.kind === "reserved" ? reservation.submission : [],
        );
        expect(winners).toHaveLength(count);
        expect(new Set(winners.map(({ id }) => id)).size).toBe(count);
        expect(new Set(winners.map(({ attempts }) => attempts))).toEqual(new Set([ran ? 2 : 1]));
        expect(reservations.filter(({ kind }) => kind === "existing")).toHaveLength(count);
      }
    },
  );

  test("MUST record a declined request with one commit, and let the same key be sent later", async () => {
    const first = await ledger.reserve(intentOf(KEY), "CIRCUIT_OPEN");
    const second = await ledger.reserve(intentOf(KEY), "OVERLOADED");
    const other = await ledger.reserve(
      intentOf(KEY, { ...VOICE, details: { ...VOICE.details, subject: "x" } }),
    );
    const later = await ledger.reserve(intentOf(KEY));

    const declined = {
      state: "NOT_EXECUTED",
      reason: "CIRCUIT_OPEN",
      settledAt: expect.any(Temporal.Instant),
    };
    expect(first).toMatchObject({ kind: "declined", submission: declined });
    const { settledAt: _, ...recorded } = submissionOfDeclined(first); // an answer estimates the time, and a row has it exactly
    expect(second).toMatchObject({ kind: "declined", submission: recorded }); // nothing new is recorded
    expect(other).toEqual({ kind: "otherInput" });
    expect(later).toMatchObject({
      kind: "reserved",
      submission: { id: submissionOfDeclined(first).id, state: "SENDING", reason: null, settledAt: null },
    });
  });
});

type Changes = Readonly<Record<string, unknown>>;

describe("the input under a key", () => {
  const service = sharedService();
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
        amount: " Rp 200000 ",
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

function submissionOfDeclined(reservation: Reservation): Submission {
  if (reservation.kind !== "declined")
    throw new Error(`Expected to be turned away, and it is ${reservation.kind}`);
  return reservation.submission;
}

function reversed<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).toReversed()) as Fields;
}
