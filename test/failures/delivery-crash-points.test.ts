/** A process is killed while it delivers a queued request. The next process must neither lose nor repeat it. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { type Mood, type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { VOICE } from "../sociomile/requests.ts";
import { CLIENT_SECRET_KEY } from "../support/config.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { handIn, makeDue, putOff } from "../support/queued.ts";
import { intentOf, openAt } from "../support/opened.ts";
import { startReplica } from "../support/replicas.ts";
import { startService } from "../support/service.ts";
import { type Lock, type Sql, lockOn, sqlOn, statesIn } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const LEASE_MS = 1500;
const SOON = { timeout: 30_000, interval: 25 };
const SUBJECT = "the-queued-call";

interface DeliveryCrash {
  when: string;
  mood?: Mood;
  /** True: the delivery waits for a lock on the ledger when the process is killed. */
  isLocked?: boolean;
  /** True: the vendor takes connections, and never ends a TLS handshake, so that no byte of a request leaves. */
  shakesNoHand?: boolean;
  /** Resolves to true at the moment of the kill. */
  isReached: (scene: { sandbox: Sandbox; sql: Sql }) => Promise<boolean>;
  outcome: { state: string; reason: string };
  /** Tickets before the next process starts, and at the end. */
  tickets: [before: number, after: number];
}

const DELIVERED = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" };
const DOUBTED = { state: "UNCERTAIN", reason: "OWNER_DIED" };
const inState = async (sql: Sql, state: string) => (await statesIn(sql))[0] === state;

const CRASHES: DeliveryCrash[] = [
  {
    when: "before the state is committed",
    isLocked: true,
    isReached: async () => true,
    outcome: DELIVERED,
    tickets: [0, 1],
  },
  {
    when: "after the state is committed and before the first byte leaves",
    shakesNoHand: true,
    isReached: ({ sql }) => inState(sql, "SENDING"),
    outcome: DOUBTED,
    tickets: [0, 0],
  },
  {
    when: "after the first byte left",
    mood: "hang-before",
    isReached: async ({ sandbox }) => sandbox.received.some(({ body }) => body.length > 0),
    outcome: DOUBTED,
    tickets: [0, 0],
  },
  {
    when: "after Sociomile executed it",
    mood: "hang",
    isReached: async ({ sandbox }) => sandbox.received.some(({ executed }) => executed),
    outcome: DOUBTED,
    tickets: [1, 1],
  },
  {
    when: "after the outcome is committed",
    isReached: ({ sql }) => inState(sql, "CONFIRMED"),
    outcome: DELIVERED,
    tickets: [1, 1],
  },
];

/** Takes connections and says nothing. */
async function startSilent() {
  const server = createServer((socket) => socket.on("error", () => {}));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => void server.close(),
  };
}

describe.concurrent.each(ENGINES)("a process killed while it delivers, with its ledger on %s,", (engine) => {
  test.for(CRASHES)(
    "MUST leave the request queued or in doubt: $when",
    async ({ mood = "well", isLocked, shakesNoHand, isReached, outcome, tickets }, { expect }) => {
      await using place = await placeFor(engine);
      await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, mood });
      using silent = await startSilent();
      const settings = {
        ledgerUrl: place.url,
        config: { leaseMs: LEASE_MS, SOCIOMILE_TIMEOUT_MS: 10_000, SOCIOMILE_CONNECT_TIMEOUT_MS: 10_000 },
      };
      const request = { ...VOICE, details: { ...VOICE.details, subject: SUBJECT } } as typeof VOICE;
      await using sql = await sqlOn(place);
      {
        await using gone = await openAt(place);
        const intent = {
          ...intentOf(KEY, request, "development"),
          whenUnavailable: "DELIVER_LATER",
        } as const;
        await gone.ledger.reserve(intent, "CIRCUIT_OPEN");
        await putOff(sql);
      }
      await using replica = await startReplica({
        ...settings,
        vendorUrl: shakesNoHand ? silent.url : sandbox.url,
      });
      let lock: Lock | null = null;
      if (isLocked) {
        const dueAt = Date.now() + 3000;
        await sql.run("UPDATE submissions SET not_before = ? WHERE request IS NOT NULL", dueAt);
        lock = await lockOn(place);
        await sleep(dueAt - Date.now() + 1500); // longer than the pause between two looks at the queue
      } else await makeDue(sql);

      await expect.poll(() => isReached({ sandbox, sql }), SOON).toBe(true);
      await replica.kill();
      await lock?.release();
      sandbox.setMood("well");
      const before = sandbox.tickets.length;
      await sleep(LEASE_MS);
      await using next = await startService({ ...settings, sandbox });
      await expect.poll(() => statesIn(sql), SOON).toEqual([outcome.state]);
      const answer = await handIn(next, "createVoiceTicket", { ...request.details, idempotencyKey: KEY });

      expect(answer).toMatchObject({
        submission: outcome,
        problems: outcome === DELIVERED ? [] : [{ code: "OUTCOME_UNKNOWN", retryable: false }],
        replayed: true,
      });
      expect([before, sandbox.tickets.length]).toEqual(tickets);
      // The dead owner may prove to have been slow, and give the request back. So a doubt about it keeps its content.
      expect(await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL")).toHaveLength(
        outcome === DOUBTED ? 1 : 0,
      );
    },
  );
});
