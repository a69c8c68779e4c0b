/** Reservations that failed for their caller, although they are committed. Nothing was sent for them. */
import { describe, expect, test } from "vitest";
import { textOf } from "../../../src/ledger/ids.ts";
import { giveBack } from "../../../src/ledger/submissions/give-back.ts";
import { FIRST_DELIVERY_MS, type Intent } from "../../../src/tickets/ports.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { heldBy, intentOf, queuedBy, updateOf } from "../../support/intents.ts";
import { openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";

const CREATE = intentOf("a-key-of-this-test");
const UPDATE = intentOf("a-key-of-this-test", updateOf("ticket-1"));
const LATER = { whenUnavailable: "DELIVER_LATER" } as const;

describe.each(ENGINES)("a reservation that failed for its caller on %s", (engine) => {
  async function start() {
    await using opening = new AsyncDisposableStack();
    const { ledger, sql, place } = opening.use(await openOn(engine));
    const context = opening.use(await contextAt(place));
    const disposables = opening.move();
    return {
      ledger,
      sql,
      row: async () => (await sql.run("SELECT state, reason, request FROM submissions ORDER BY id"))[0],
      /** Gives the newest reservation of the only row back. */
      async giveBack() {
        const [row] = await sql.run("SELECT reservation_id FROM submissions");
        return await giveBack([textOf(row!["reservation_id"] as Uint8Array)], context);
      },
      loseOwners: () => sql.run("UPDATE submissions SET lease_until = 0"),
      [Symbol.asyncDispose]: () => disposables.disposeAsync(),
    };
  }

  test.each([
    ["a create", CREATE],
    ["an update", UPDATE],
  ])("MUST be undone: %s that would be sent", async (_, intent: Intent) => {
    await using scene = await start();
    await scene.ledger.reserve(intent);

    expect(await scene.giveBack()).toHaveLength(1);
    expect(await scene.row()).toMatchObject({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME" });
    expect((await scene.ledger.reserve(intent)).kind).toBe("reserved");
  });

  test.each([
    ["a create", CREATE],
    ["an update", UPDATE],
  ])("MUST be undone before its first delivery is due: %s that is queued", async (_, intent: Intent) => {
    await using scene = await start();
    const { nextTryAt, settledAt: handedInAt } = await queuedBy(scene.ledger, intent);

    expect(nextTryAt!.epochMilliseconds - handedInAt!.epochMilliseconds).toBe(FIRST_DELIVERY_MS);
    expect(await scene.giveBack()).toHaveLength(1);
    expect(await scene.row()).toEqual({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", request: null });
  });

  test("MUST stay queued when a repetition under its key was answered QUEUED meanwhile", async () => {
    await using scene = await start();
    await queuedBy(scene.ledger, CREATE);
    const [row] = await scene.sql.run("SELECT id FROM submissions");
    expect((await scene.ledger.reserve({ ...CREATE, ...LATER }, "CIRCUIT_OPEN")).kind).toBe("existing");

    const [now] = await scene.sql.run("SELECT reservation_id FROM submissions");
    expect(now!["reservation_id"]).not.toEqual(row!["id"]);
    expect(await scene.row()).toMatchObject({ state: "QUEUED" });
  });

  test("MUST be undone after its lease, too", async () => {
    await using scene = await start();
    await scene.ledger.reserve(UPDATE);
    await scene.loseOwners();
    await scene.ledger.reserve({ ...UPDATE, idempotencyKey: "another-key-of-this" });
    const [row] = await scene.sql.run("SELECT reservation_id FROM submissions WHERE state = 'UNCERTAIN'");
    expect(row).toBeDefined();

    await scene.giveBack();
    expect(await scene.row()).toMatchObject({ state: "NOT_EXECUTED" });
  });

  test.each([
    ["a create", CREATE],
    ["an update", UPDATE],
  ])(
    "MUST go back into the queue with its content after its lease: a delivery of %s",
    async (_, intent: Intent) => {
      await using scene = await start();
      await queuedBy(scene.ledger, intent);
      await makeDue(scene.sql);
      await scene.ledger.takeQueued(1);
      await scene.loseOwners();
      await scene.ledger.reserve({ ...intent, ...LATER }, "CIRCUIT_OPEN"); // whoever meets it ends its lease
      expect(await scene.row()).toMatchObject({ state: "UNCERTAIN", reason: "OWNER_DIED" });

      expect(await scene.giveBack()).toHaveLength(1);
      expect(await scene.row()).toMatchObject({ state: "QUEUED", reason: "NOT_SENT_IN_TIME" });
      const [delivery] = await scene.ledger.takeQueued(1);
      expect(delivery?.request).toEqual(intent.request);
    },
  );

  test("MUST NOT come back into the queue when a later update was accepted meanwhile", async () => {
    await using scene = await start();
    await queuedBy(scene.ledger, UPDATE);
    await makeDue(scene.sql);
    const [delivery] = await scene.ledger.takeQueued(1);
    await scene.loseOwners();
    const later = heldBy(await scene.ledger.reserve({ ...UPDATE, idempotencyKey: "another-key-of-this" }));
    await scene.ledger.settle(later, updateOf("ticket-1"), accepted("ticket-1"), 1);

    expect(await scene.ledger.find(delivery!.submission.id)).toMatchObject({ state: "SUPERSEDED" });
  });
});

test("MUST be undone while the lock of another ticket is held: a reservation on PostgreSQL", async () => {
  await using opened = await openOn("PostgreSQL");
  const { ledger, sql, place } = opened;
  await using context = await contextAt(place);
  for (const ticketId of ["ticket-1", "ticket-2"])
    await ledger.reserve(intentOf(`key-of-the-${ticketId}`, updateOf(ticketId)));
  const rows = await sql.run("SELECT reservation_id FROM submissions");
  await using holding = await context.db
    .startTransaction()
    .execute()
    .then((transaction) => ({ transaction, [Symbol.asyncDispose]: () => transaction.rollback().execute() }));
  await context.engine.lock("ticket-1", holding.transaction);

  const reservations = rows.map((row) => textOf(row["reservation_id"] as Uint8Array));
  await expect(giveBack(reservations, context)).rejects.toThrow("lock timeout"); // so that it is tried again

  expect(await sql.run("SELECT state FROM submissions ORDER BY ticket_id")).toEqual([
    { state: "SENDING" },
    { state: "NOT_EXECUTED" },
  ]);
});
