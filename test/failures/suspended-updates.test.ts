/** A process sleeps, or is killed, while it sends a status, and another process sets another one meanwhile. Its ticket must show the truth, or a doubt. */
import { setTimeout as sleep } from "node:timers/promises";
import { inject, test } from "vitest";
import type { TicketStatus } from "../../src/tickets/ticket.ts";
import { postQuery } from "../support/client.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { type Engine, ENGINES, placeFor } from "../support/opened.ts";
import { type Replica, startReplica } from "../support/replicas.ts";
import { makeOlder, sqlOn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const LEASE_MS = 1500;
const MINUTE_MS = 60_000;

/** Sets a status by a process, and returns what its caller learns. */
const setBy = async (by: Replica, status: TicketStatus) => {
  const { payload } = await mutate(by, "updateTicketStatus", { status, idempotencyKey: `the-key-that-sets-${status}` });
  return [
    payload?.submission?.state,
    payload?.submission?.reason,
    ...(payload?.problems ?? []).map(({ code }) => code),
  ];
};

/** Starts two processes on one ledger, of which the second has set PENDING, and lets the first send CLOSE and sleep, with Sociomile's answer in its socket. */
async function sleepWhileClosing({ url, urlOfFirst = url }: { url: string; urlOfFirst?: string }) {
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(await openSandbox());
  const config = { leaseMs: LEASE_MS, SOCIOMILE_TIMEOUT_MS: 10_000 };
  const start = (ledgerUrl: string) => startReplica({ vendorUrl: sandbox.url, ledgerUrl, config });
  const [first, second] = await Promise.all([start(urlOfFirst), start(url)]);
  for (const replica of [first, second]) opening.use(replica);
  const sql = opening.use(await sqlOn({ url }));
  /** Holds the answer to the next request back, and returns the function that lets it go. */
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    sandbox.setMood("slow", { until: promise, times: 1 });
    return resolve;
  };
  await setBy(second, "PENDING");
  const answer = hold();
  const closing = setBy(first, "CLOSE").catch(() => []);
  while (sandbox.received.length < 2) await sleep(20);
  first.process.kill("SIGSTOP");
  answer();
  await sleep(LEASE_MS + 200);
  return Object.assign(opening.move(), {
    first,
    sql,
    hold,
    received: () => sandbox.received.length,
    set: (status: TicketStatus) => setBy(second, status),
    /** Wakes the first process, and returns what its caller learns. */
    wake: () => {
      first.process.kill("SIGCONT");
      return closing;
    },
    shows: async () => {
      const { data } = await postQuery(second, "query ($id: ID!) { ticket(id: $id) { status statusInDoubt } }", {
        id: STATUS_CHANGE.ticketId,
      });
      const { ticket } = data as { ticket: { status: string; statusInDoubt: string | null } };
      return [ticket.status, ticket.statusInDoubt];
    },
  });
}

type Scene = Awaited<ReturnType<typeof sleepWhileClosing>>;

const ACCEPTED = ["CONFIRMED", "ACCEPTED_BY_SOCIOMILE"];
const LATE = ["UNCERTAIN", "ANSWERED_LATE", "STATUS_UNKNOWN"];

/** Histories, each with what is seen in it, one after the other. */
const HISTORIES: Record<string, [(scene: Scene) => Promise<unknown[]>, expected: unknown[]]> = {
  "sleeps beyond its lease with an acceptance in its socket; another status is accepted meanwhile": [
    async ({ set, shows, wake }) => [await set("OPEN"), await shows(), await wake(), await shows()],
    [ACCEPTED, ["OPEN", "CLOSE"], LATE, ["OPEN", "CLOSE"]],
  ],
  "sleeps, and nobody sends another one": [
    async ({ set, shows, wake }) => [await set("CLOSE"), await shows(), await wake(), await shows()], // under the same key
    [["UNCERTAIN", "OWNER_DIED", "STATUS_UNKNOWN"], ["PENDING", "CLOSE"], ACCEPTED, ["CLOSE", null]],
  ],
  "sleeps, and another status is being sent when it wakes": [
    async ({ set, hold, received, shows, wake }) => {
      const answer = hold();
      const opening = set("OPEN");
      while (received() < 3) await sleep(20);
      const late = await wake();
      const meanwhile = await shows();
      answer();
      return [late, meanwhile, await opening, await shows()];
    },
    [LATE, ["PENDING", "OPEN"], ACCEPTED, ["OPEN", "CLOSE"]],
  ],
  "sleeps 20 minutes; another status is accepted at minute 16": [
    async ({ sql, set, shows, wake }) => {
      await makeOlder(sql, 16 * MINUTE_MS);
      const opened = [await set("OPEN"), await shows()];
      await makeOlder(sql, 4 * MINUTE_MS);
      const woken = [await wake(), await shows()];
      await makeOlder(sql, 16 * MINUTE_MS);
      return [...opened, ...woken, await set("ON_HOLD"), await shows()];
    },
    [ACCEPTED, ["OPEN", null], LATE, ["OPEN", "CLOSE"], ACCEPTED, ["ON_HOLD", null]],
  ],
  "is killed while it sends": [
    async ({ first, sql, set, shows }) => {
      await first.kill();
      const unmet = [(await sql.run("SELECT id FROM submissions WHERE state = 'SENDING'")).length, await shows()];
      return [...unmet, await set("CLOSE"), await shows(), await set("OPEN"), await shows()];
    },
    [
      1,
      ["PENDING", "CLOSE"],
      ["UNCERTAIN", "OWNER_DIED", "STATUS_UNKNOWN"],
      ["PENDING", "CLOSE"],
      ACCEPTED,
      ["OPEN", "CLOSE"],
    ],
  ],
};

const ALL = ENGINES.flatMap((engine) =>
  Object.entries(HISTORIES).map(([name, [play, seen]]) => ({ engine, name, play, seen })),
);

test.concurrent.for<{ engine: Engine; name: string } & { play: (scene: Scene) => Promise<unknown[]>; seen: unknown[] }>(
  ALL,
)(
  "A ticket MUST show the truth or a doubt on $engine when the process that closes it $name",
  async ({ engine, play, seen }, { expect }) => {
    await using place = await placeFor(engine);
    await using scene = await sleepWhileClosing(place);
    expect(await play(scene)).toEqual(seen);
  },
);

test.concurrent("A late answer whose COMMIT is not acknowledged MUST be written once", async ({ expect }) => {
  await using database = await faultyDatabase(inject("postgresUrl"));
  const { url: urlOfFirst, network } = database.ways[0]!;
  await using scene = await sleepWhileClosing({ url: database.directUrl, urlOfFirst });
  const { sql, set, shows, wake, first } = scene;
  expect(await set("OPEN")).toEqual(ACCEPTED);
  const met = network.next(/^commit/i, "cutAfter");

  await wake();
  await met;

  const written = "SELECT nth, settled_at FROM submissions WHERE reason = 'ANSWERED_LATE'";
  await expect.poll(() => sql.run(written)).toHaveLength(1);
  const [once] = await sql.run(written);
  await sleep(2000); // it has written it again
  expect(once).toMatchObject({ nth: "4" }); // after PENDING, CLOSE when it lost its owner, and OPEN
  expect(await sql.run(written)).toEqual([once]);
  expect(await shows()).toEqual(["OPEN", "CLOSE"]);
  expect(first.events.map(({ event }) => event)).not.toContain("ledger.outcome_refused");
});
