import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { TicketDocument } from "../generated/graphql.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startReplica } from "../support/replicas.ts";
import { startService } from "../support/service.ts";
import { sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const KEY = "a-key-of-this-test";
const SOON = { timeout: 30_000, interval: 25 };
/** Time after which a request no longer leaves. */
const START_WITHIN_MS = 2000;

describe.concurrent.each(ENGINES)("a suspended process, with its ledger on %s,", (engine) => {
  async function start(settings: Omit<Parameters<typeof startReplica>[0], "vendorUrl" | "ledgerUrl">) {
    await using opening = new AsyncDisposableStack();
    const place = opening.use(await placeFor(engine));
    const sandbox = opening.use(await openSandbox());
    const replica = opening.use(
      await startReplica({ ...settings, vendorUrl: sandbox.url, ledgerUrl: place.url }),
    );
    const sql = opening.use(await sqlOn(place));
    return Object.assign(opening.move(), { place, sandbox, replica, sql });
  }

  test("MUST NOT send a request that it decided to send before", async ({ expect }) => {
    await using scene = await start({
      config: { SOCIOMILE_MAX_CONCURRENT: 1, SOCIOMILE_TIMEOUT_MS: 15_000 },
    });
    const { sandbox, replica, sql } = scene;
    const suspended = Promise.withResolvers<void>();
    sandbox.setMood("slow", { until: suspended.promise, times: 1 });
    const first = mutate(replica, "createHelpdeskTicket");
    await expect.poll(() => sandbox.tickets, SOON).toHaveLength(1);
    const second = mutate(replica, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(() => statesIn(sql), SOON).toEqual(["SENDING", "SENDING"]);

    await replica.execute(TicketDocument, { id: "any" }); // by now the answer to its reservation has arrived too
    replica.process.kill("SIGSTOP");
    suspended.resolve();
    await sleep(START_WITHIN_MS + 700);
    replica.process.kill("SIGCONT");

    expect((await first).payload?.problems).toEqual([]);
    expect((await second).payload).toMatchObject({
      submission: { state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME" },
      problems: [{ code: "SOCIOMILE_UNAVAILABLE", retryable: true }],
    });
    expect(sandbox.received).toHaveLength(1);
    const again = await mutate(replica, "createVoiceTicket", { idempotencyKey: KEY });
    expect(again.payload).toMatchObject({ problems: [], replayed: false });
    expect(sandbox.tickets).toHaveLength(2);
  });

  test("MUST read an answer that arrived meanwhile, even after its own deadline", async ({ expect }) => {
    const [leaseMs, timeoutMs] = [2000, 2000];
    await using scene = await start({ config: { leaseMs, SOCIOMILE_TIMEOUT_MS: timeoutMs } });
    const { sandbox, replica, sql, place } = scene;
    const suspended = Promise.withResolvers<void>();
    sandbox.setMood("slow", { until: suspended.promise });
    const call = mutate(replica, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(() => sandbox.tickets, SOON).toHaveLength(1);

    replica.process.kill("SIGSTOP");
    suspended.resolve();
    await sleep(leaseMs + 300);
    await using other = await startService({ ledgerUrl: place.url, sandbox });
    await expect.poll(() => statesIn(sql), SOON).toEqual(["UNCERTAIN"]);
    replica.process.kill("SIGCONT");

    expect((await call).payload).toMatchObject({
      ticket: { id: sandbox.tickets[0]?.id },
      submission: { state: "CONFIRMED" },
      problems: [],
    });
    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
    expect(other.events).toMatchObject([{ event: "submission.owner_died" }]);
    expect(sandbox.received).toHaveLength(1);
  });
});
