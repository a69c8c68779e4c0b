import { setTimeout as sleep } from "node:timers/promises";
import { describe, inject, test } from "vitest";
import { confirmedWithoutRow, statesById } from "../support/accounts.ts";
import { postQuery } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import { type MutationName, type Payload, mutate } from "../support/mutations.ts";
import { PGBOUNCER, hasPgBouncer } from "../support/pgbouncer.ts";
import { startReplica } from "../support/replicas.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";
import { startReaders } from "../support/load.ts";

const KEY = "a-key-of-this-test";
const RESOLVE = `mutation ($id: ID!) {
  resolveTicketSubmission(input: { submissionId: $id, verdict: CREATED, ticketId: "found", note: "looked" }) { problems { code } }
}`;

for (const pooled of [false, true]) {
  const way = pooled ? `behind PgBouncer in transaction mode (skipped without ${PGBOUNCER})` : "directly";
  describe.skipIf(pooled && !hasPgBouncer)(`the network to PostgreSQL, used ${way}`, { concurrent: true }, () => {
    describeFaults(pooled);
  });
}

function describeFaults(pooled: boolean): void {
  async function start() {
    await using opening = new AsyncDisposableStack();
    const database = opening.use(await faultyDatabase(inject("postgresUrl"), { pooled }));
    const { url, network } = database.ways[0]!;
    const sandbox = opening.use(await openSandbox());
    const replica = opening.use(await startReplica({ vendorUrl: sandbox.url, ledgerUrl: url }));
    const sql = opening.use(await sqlOn({ url: database.directUrl }));
    return Object.assign(opening.move(), { network, sandbox, replica, sql });
  }
  type Scene = Awaited<ReturnType<typeof start>>;

  const send =
    (name: MutationName) =>
    ({ replica }: Pick<Scene, "replica">, changes: Readonly<Record<string, unknown>> = {}) =>
      mutate(replica, name, { idempotencyKey: KEY, ...changes }).then(({ payload }) => payload);
  const create = send("createVoiceTicket");
  const update = send("updateTicketStatus");
  /** Repeats a request until it was sent: on a busy machine a caller may give up after a second, before anything is sent. */
  const untilSent = async (scene: Scene, call: typeof create): ReturnType<typeof create> => {
    const giveUpAt = performance.now() + 30_000;
    for (;;) {
      const payload = await call(scene);
      if (scene.sandbox.received.length > 0 || performance.now() > giveUpAt) return payload;
    }
  };

  describe.for([
    ["a create", create],
    ["an update", update],
  ] as const)("the outcome of %s", ([, call]) => {
    test.for(["loseAnswer", "cutAfter", "cutBefore", { delayMs: 1400 }] as const)(
      "MUST NOT be lost with it: %o",
      async (fault, { expect }) => {
        await using scene = await start();
        const placed = Promise.withResolvers<void>();
        scene.sandbox.setMood("slow", { until: placed.promise });
        const calling = untilSent(scene, call);
        await expect.poll(() => scene.sandbox.received).toHaveLength(1); // its reservation is committed
        const met = scene.network.next(RECORDS_OUTCOMES, fault);
        placed.resolve();

        const payload = await calling;

        await met;
        expect(payload).toMatchObject({ submission: { state: "CONFIRMED" }, problems: [] });
        await expect
          .poll(async () => [...(await statesById(scene.sql))])
          .toEqual([[payload?.submission?.id, "CONFIRMED"]]);
        expect(scene.sandbox.received).toHaveLength(1);
      },
    );
  });

  test("MUST NOT confirm an outcome in a transaction that a late BEGIN left open", async ({ expect }) => {
    await using scene = await start();
    const { network, sandbox, replica, sql } = scene;
    const doubts: string[] = [];
    for (const idempotencyKey of ["first-doubt-of-this", "second-doubt-of-this", "third-doubt-of-this"])
      doubts.push(await openDoubt({ ...replica, sandbox }, "createVoiceTicket", { idempotencyKey }));
    using _ = startReaders(6, (body) => replica.post(body)); // keeps connections in use by turns
    sandbox.setMood("slow", { delayMs: 100 });
    const outcomes = new Map<string, Payload>();
    for (let round = 0; round < 3; round++) {
      const late = network.next(/^begin/i, { delayMs: 1400 });
      const calls = Array.from({ length: 20 }, async (_call, nth) => {
        await sleep(nth * 100);
        const idempotencyKey = `${KEY}-${round}-${nth}`;
        const ticketId = `ticket-${nth}`; // updates of one ticket would wait for each other
        const payload = await (nth % 2
          ? create(scene, { idempotencyKey })
          : update(scene, { ticketId, idempotencyKey }));
        if (payload) outcomes.set(`${round}-${nth}`, payload);
      });
      // A verdict begins a transaction; an outcome that came into it would be recorded by nobody's COMMIT.
      await Promise.all([late, postQuery(replica, RESOLVE, { id: doubts[round] }), ...calls]);
    }

    await replica.kill(); // uncommitted data is lost
    const states = await statesById(sql);

    expect([...outcomes.values()].some(({ submission }) => submission?.state === "CONFIRMED")).toBe(true);
    const announced = new Set(
      replica.events
        .filter(({ event }) => event === "ledger.outcome_not_recorded")
        .map((event) => String(event["submissionId"])),
    );
    expect(confirmedWithoutRow(outcomes, states, announced)).toBe(0);
  });

  test("MUST recover after all connections died silently", async ({ expect }) => {
    await using scene = await start();
    using _ = startReaders(16, (body) => scene.replica.post(body)); // so that every connection of the pool is in use
    await sleep(500);
    scene.network.blackhole({ swallowNew: true });

    const during = await create(scene);
    await scene.network.recover();
    const since = performance.now();

    expect(during?.problems).toMatchObject([{ code: "LEDGER_UNAVAILABLE" }]);
    await expect.poll(async () => (await create(scene))?.problems).toEqual([]);
    expect(performance.now() - since).toBeLessThan(8000); // generous: the promise is five seconds
  });
}
