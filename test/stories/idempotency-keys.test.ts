import { describe, expect, test, vi } from "vitest";
import type { Reservation } from "../../src/tickets/ports.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { ledgerForEach } from "../support/ledger-for-each.ts";
import { openBreaker } from "../support/breaker.ts";
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
  test.each<MutationName>(["createHelpdeskTicket", "createVoiceTicket", "updateTicketStatus"])(
    "MUST answer a finished %s again without calling Sociomile",
    async (name) => {
      await using service = await startServiceOn("PostgreSQL");

      const first = await mutate(service, name, { idempotencyKey: KEY });
      const second = await mutate(service, name, { idempotencyKey: KEY });

      expect(first.payload).toMatchObject({ replayed: false, problems: [] });
      expect(second.payload).toEqual(replayOf(first.payload));
      expect(service.sandbox.received).toHaveLength(1);
    },
  );

  test("MUST answer a replay with the ticket as it is known now", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const { payload: created } = await mutate(service, "updateTicketStatus", { idempotencyKey: KEY });
    await mutate(service, "updateTicketStatus", { status: "CLOSE" });

    const { payload } = await mutate(service, "updateTicketStatus", { idempotencyKey: KEY });

    expect(created?.ticket?.status).toBe("OPEN");
    expect(payload).toMatchObject({ replayed: true, ticket: { id: created?.ticket?.id, status: "CLOSE" } });
  });

  test("MUST NOT send a request again that is in doubt", async () => {
    await using service = await startServiceOn("PostgreSQL", {
      mood: "cut-after",
      moodOptions: { times: 1 },
    });

    const first = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    const again = await Promise.all(
      [1, 2, 3].map(() => mutate(service, "createVoiceTicket", { idempotencyKey: KEY })),
    );

    expect(first.payload).toMatchObject({
      submission: { state: "UNCERTAIN", reason: "CONNECTION_LOST" },
      problems: [{ code: "OUTCOME_UNKNOWN", retryable: false }],
    });
    for (const { payload } of again) expect(payload).toEqual(replayOf(first.payload));
    expect(service.sandbox.received).toHaveLength(1);
  });

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

  test("MUST NOT use a key up for input that breaks a rule", async () => {
    await using service = await startServiceOn("PostgreSQL");

    const wrong = await mutate(service, "createVoiceTicket", {
      idempotencyKey: KEY,
      customerPhone: "-",
      content: " ",
    });
    const right = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });

    expect(wrong.payload).toMatchObject({
      submission: null,
      problems: [
        { code: "INVALID_INPUT", field: "customerPhone" },
        { code: "INVALID_INPUT", field: "content" },
      ],
    });
    expect(right.payload).toMatchObject({ problems: [], replayed: false });
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

  test("MUST answer a recorded outcome also while Sociomile is not called", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const before = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    service.sandbox.setMood("cut-after");
    await openBreaker(service);

    const during = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    const fresh = await mutate(service, "createVoiceTicket", { idempotencyKey: `${KEY}-2` });

    expect(during.payload).toEqual(replayOf(before.payload));
    expect(fresh.payload?.submission).toMatchObject({ state: "NOT_EXECUTED", reason: "CIRCUIT_OPEN" });
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

  test("MUST take the same fields in another order for the same input", async () => {
    const one = await reserved(ledger, intentOf(KEY, HELPDESK));

    const request = { ...HELPDESK, details: reversed(HELPDESK.details) };

    expect(await ledger.reserve(intentOf(KEY, request))).toMatchObject({
      kind: "existing",
      submission: { id: one.id },
    });
  });

  test("MUST give a key to one of many concurrent callers", async () => {
    await using other = await openAt(place);
    const ledgers = [ledger, other.ledger];

    const reservations = await Promise.all(
      Array.from({ length: 40 }, (_, nth) => ledgers[nth % 2]!.reserve(intentOf(KEY))),
    );

    const winners = reservations.filter(({ kind }) => kind === "reserved");
    expect(winners).toHaveLength(1);
    expect(reservations.filter(({ kind }) => kind === "existing")).toHaveLength(39);
  });

  test("MUST NOT fail when two replicas reserve the same keys in opposite order", async () => {
    await using other = await openAt(place);
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: 150 }, (_, nth) => `key-${round}-${nth}-of-both`);

      const reservations = await Promise.all([
        ...keys.map((key) => ledger.reserve(intentOf(key))),
        ...keys.toReversed().map((key) => other.ledger.reserve(intentOf(key))),
      ]);

      expect(reservations.filter(({ kind }) => kind === "reserved")).toHaveLength(keys.length);
      expect(reservations.filter(({ kind }) => kind === "existing")).toHaveLength(keys.length);
    }
  });

  test("MUST let only one of two replicas reserve a key again after a request without effect, in any order", async () => {
    await using other = await openAt(place);
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: 30 }, (_, nth) => `key-${round}-${nth}-of-both`);
      await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));

      const reservations = await Promise.all([
        ...keys.map((key) => ledger.reserve(intentOf(key))),
        ...keys.toReversed().map((key) => other.ledger.reserve(intentOf(key))),
      ]);

      const winners = reservations.flatMap((reservation) =>
        reservation.kind === "reserved" ? reservation.submission : [],
      );
      expect(new Set(winners.map(({ id }) => id)).size).toBe(keys.length);
      expect(winners).toHaveLength(keys.length);
      expect(new Set(winners.map(({ attempts }) => attempts))).toEqual(new Set([2]));
    }
  });

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
