/** A process is killed while it sends a request, for its caller or from the queue. The next process must neither lose nor repeat it. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import type { SubmissionState } from "../../src/tickets/submission.ts";
import type { Mood, Sandbox } from "../../sandbox/server.ts";
import type { Client } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { intentOf, queuedBy, voiceWith } from "../support/intents.ts";
import { type Engine, type LedgerPlace, ENGINES, openAt, placeFor } from "../support/opened.ts";
import { makeDue, putOff } from "../support/queued.ts";
import { startReplica } from "../support/replicas.ts";
import { startService } from "../support/service.ts";
import { type Sql, countWaiting, lockOn, sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const KEY = "a-key-of-this-test";
const SUBJECT = "the-call";
const LEASE_MS = 1500;

interface Scene {
  place: { url: string };
  sql: Sql;
  sandbox: Sandbox;
  /** Waits until a value is as expected. */
  poll: (value: () => unknown, expected: unknown) => Promise<void>;
  /** Sends the request during which the process is killed, or makes it due. It never gets an answer. */
  begin: () => Promise<void>;
}

interface CrashPoint {
  when: string;
  mood?: Mood;
  /** Reaches the point of the kill. Returns the function that undoes the preparation after it. */
  come: (scene: Scene) => Promise<(() => Promise<void>) | void>;
  /** States that the next process finds, and its answer to the same key after the lease. */
  left: SubmissionState[];
  outcome: { state: SubmissionState; reason: string; problem: string | null; replayed: boolean };
  /** Requests with this key that the vendor executed, before and after the replay. */
  executed: [before: number, after: number];
}

const NEVER_SENT_AGAIN = {
  state: "UNCERTAIN",
  reason: "OWNER_DIED",
  problem: "OUTCOME_UNKNOWN",
  replayed: true,
} as const;
const CONFIRMED = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE", problem: null } as const;

const POINTS: CrashPoint[] = [
  {
    when: "after Sociomile executed it",
    mood: "hang",
    come: async ({ sandbox, begin, poll }) => {
      await begin();
      await poll(() => sandbox.received.map(({ executed }) => executed), [true]);
    },
    left: ["SENDING"],
    outcome: NEVER_SENT_AGAIN,
    executed: [1, 1],
  },
  {
    when: "after the outcome is committed",
    come: async ({ sql, begin, poll }) => {
      await begin();
      await poll(() => statesIn(sql), ["CONFIRMED"]);
    },
    left: ["CONFIRMED"],
    outcome: { ...CONFIRMED, replayed: true },
    executed: [1, 1],
  },
];

/** A call alone is killed before its intent is committed. PostgreSQL runs a statement that it has received, even when the sender has died. */
const BEFORE_THE_COMMIT: Record<Engine, CrashPoint> = {
  SQLite: {
    when: "before the intent is committed",
    async come({ place, begin }) {
      const lock = await lockOn(place);
      await begin();
      await sleep(300);
      return lock.release;
    },
    left: [],
    outcome: { ...CONFIRMED, replayed: false },
    executed: [0, 1],
  },
  PostgreSQL: {
    when: "after the intent is on its way to the database",
    async come({ place, begin, sql, poll }) {
      const lock = await lockOn(place);
      await begin();
      await poll(() => countWaiting(sql, "INSERT INTO submissions%"), 1); // the sweeper may wait too
      return lock.release;
    },
    left: ["SENDING"],
    outcome: NEVER_SENT_AGAIN,
    executed: [0, 0],
  },
};

/** Queues the request, for a time after the test. */
async function queueAt(place: LedgerPlace, sql: Sql): Promise<void> {
  await using gone = await openAt(place);
  const request = voiceWith({ subject: SUBJECT });
  await queuedBy(gone.ledger, intentOf(KEY, request, { clientId: "development" }));
  await putOff(sql);
}

const askAgain = (client: Client) => mutate(client, "createVoiceTicket", { idempotencyKey: KEY, subject: SUBJECT });

describe.concurrent.each(ENGINES)("a process killed, with its ledger on %s,", (engine) => {
  const all = [
    ...[BEFORE_THE_COMMIT[engine], ...POINTS].map((point) => ({ ...point, how: "a call" })),
    ...POINTS.map((point) => ({ ...point, how: "a delivery" })),
  ];

  test.for(all)("MUST leave what the next process needs: in $how, $when", async (point, { expect }) => {
    const { how, mood = "well", come, left, outcome, executed } = point;
    const isDelivered = how === "a delivery";
    await using place = await placeFor(engine);
    await using sandbox = await openSandbox({ mood });
    await using sql = await sqlOn(place);
    if (isDelivered) await queueAt(place, sql);
    const settings = { ledgerUrl: place.url, config: { leaseMs: LEASE_MS, SOCIOMILE_TIMEOUT_MS: 10_000 } };
    await using replica = await startReplica({ ...settings, vendorUrl: sandbox.url });
    const done = () => sandbox.received.filter(({ body, executed: yes }) => yes && body.includes(SUBJECT)).length;
    const poll: Scene["poll"] = async (value, expected) => expect.poll(value as () => never).toEqual(expected);
    const begin = async () => {
      if (isDelivered) await makeDue(sql);
      else void askAgain(replica).catch(() => null);
    };
    const undo = await come({ place, sql, sandbox, poll, begin });

    await replica.kill();
    await undo?.();
    await poll(() => statesIn(sql), left);
    sandbox.setMood("well");
    await sleep(LEASE_MS);
    const before = done();
    await using next = await startService({ ...settings, sandbox });
    if (isDelivered) await poll(() => statesIn(sql), [outcome.state]);
    const [first, second] = await Promise.all([askAgain(next), askAgain(next)]);

    const { state, reason, problem, replayed } = outcome;
    const replays = [first, second].filter((answer) => answer.payload?.replayed);
    expect(replays).toHaveLength(replayed ? 2 : 1);
    for (const { payload } of [first, second]) {
      expect(payload).toMatchObject({
        submission: { state, reason },
        problems: problem === null ? [] : [{ code: problem, retryable: false }],
      });
      expect(payload?.ticket?.id).toBe(problem === null ? sandbox.tickets[0]?.id : undefined);
    }
    expect([before, done()]).toEqual(executed);
    expect(sandbox.tickets).toHaveLength(executed[1]);
    // The dead owner of a delivery may prove to have been slow, and give the request back. So a doubt about it keeps its content.
    const isKept = isDelivered && outcome === NEVER_SENT_AGAIN;
    const stored = await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL");
    expect(stored).toHaveLength(isKept ? 1 : 0);
  });
});
