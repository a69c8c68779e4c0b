import { describe, expect, test, vi } from "vitest";
import type { Reservation } from "../../src/tickets/ports.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { ledgerForEach } from "../support/ledger-for-each.ts";
import { ENGINES } from "../support/ledgers.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { replayOf } from "../support/replay.ts";
import { intentOf, reserved } from "../support/intents.ts";
import { openAt } from "../support/opened.ts";
import { startService, startServiceOn } from "../support/service.ts";
import { HELPDESK, VOICE } from "../sociomile/requests.ts";

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

  test("MUST take the same key of another client, and of another operation, for another request", async () => {
    const one = await reserved(ledger, intentOf(KEY, VOICE, "one-client"));
    const other = await reserved(ledger, intentOf(KEY, VOICE, "other-client"));
    const helpdesk = await reserved(ledger, intentOf(KEY, HELPDESK, "one-client"));
    const again = await ledger.reserve(intentOf(KEY, VOICE, "one-client"));

    expect(new Set([one.id, other.id, helpdesk.id]).size).toBe(3);
    expect(again).toMatchObject({ kind: "existing", submission: { id: one.id, clientId: "one-client" } });
  });

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

describe.concurrent("the input under a key", () => {
  test.each<[MutationName, object, object]>([
    [
      "createVoiceTicket",
      {
        subject: null,
        subCategory: "",
        createdAt: "2025-10-23T16:54:08+08:00",
        closedAt: "2025-10-23T08:54:08Z",
      },
      { createdAt: "2025-10-23T08:54:08Z", closedAt: "2025-10-23T08:54:08.900Z" },
    ],
    ["createHelpdeskTicket", { cardNumber: 12345678 }, { cardNumber: "12345678" }],
  ])(
    "MUST be the same with nulls, empty or absent fields, other offsets, fractions, digits as text, and another order: %s",
    async (name, one, other) => {
      await using service = await startService();
      const absent = { subject: undefined, subCategory: undefined };

      const first = await mutate(service, name, { idempotencyKey: KEY, ...one });
      const second = await mutate(service, name, reversed({ ...absent, ...other, idempotencyKey: KEY }));

      expect(first.payload?.problems).toEqual([]);
      expect(second.payload).toEqual(replayOf(first.payload));
      expect(service.sandbox.received).toHaveLength(1);
    },
  );

  const DIFFERENT: [string, MutationName, Record<string, unknown>, Record<string, unknown>][] = [
    ["a blank more", "createVoiceTicket", { subject: "a b" }, { subject: "a  b" }],
    ["a value in another field", "createVoiceTicket", { subCategory: "x" }, { detailSubCategory: "x" }],
    [
      "another second",
      "createVoiceTicket",
      { createdAt: "2025-10-23T16:54:08Z" },
      { createdAt: "2025-10-23T16:54:09Z" },
    ],
    ["a leading zero", "createHelpdeskTicket", { accountNumber: "12" }, { accountNumber: "012" }],
    ["one decimal more", "createHelpdeskTicket", { amount: "1.5" }, { amount: "1.50" }],
  ];
  test.each(DIFFERENT)("MUST take %s for another input", async (_, name, one, other) => {
    await using service = await startService();
    const blank = { subCategory: null, detailSubCategory: null };
    const base = name === "createVoiceTicket" ? blank : {};

    await mutate(service, name, { ...base, idempotencyKey: KEY, ...one });
    const { payload } = await mutate(service, name, { ...base, idempotencyKey: KEY, ...other });

    expect(payload?.problems).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
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
