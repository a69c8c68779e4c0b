import { execFileSync, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import {
  DoubtfulSubmissionsDocument,
  ResolveTicketSubmissionDocument,
  TicketDocument,
  TicketSubmissionDocument,
} from "../generated/graphql.ts";
import { ENGINES, type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { mutate, problemsOf } from "../support/mutations.ts";
import { startReplica } from "../support/replicas.ts";
import { type Options, type Service, startService, startServiceOn } from "../support/service.ts";
import { type Lock, lockOf, lockOn, sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const KEY = "a-key-of-this-test";
const OTHER_KEY = "another-key-of-this-test";
/** Time after which every try in the background has been repeated. */
const SOON = { timeout: 30_000, interval: 100 };
/** Time for the vendor, as long as a caller may wait. */
const PATIENT = { SOCIOMILE_TIMEOUT_MS: 11_000 };

describe.concurrent.each(ENGINES)("a ledger on %s that is down", (engine) => {
  const start = (options: Options = {}) => startServiceOn(engine, options);

  test("MUST be told with its reason, in the log and by readiness", async ({ expect }) => {
    await using service = await start();
    await using lock = await lockOn(service.place);
    await mutate(service, "createVoiceTicket");
    await lock.release();
    await service.sql.run("ALTER TABLE submissions RENAME TO lost_submissions");
    const ready = await fetch(`${service.managementUrl}/readyz`);

    const why = { outcome: "LEDGER_UNAVAILABLE", reason: "SLOW" };
    expect(service.operations).toMatchObject([{ submissions: [why] }]);
    const reason = engine === "SQLite" ? "OTHER" : "REFUSED"; // SQLite has no code for a missing table
    expect(await ready.json()).toEqual({ status: "not ready", because: "ledger", reason });
  });

  test("MUST be reported within two seconds, without a request to the vendor, until the ledger is back", async ({
    expect,
  }) => {
    await using service = await start();
    await using lock = await lockOn(service.place);
    const since = performance.now();

    const down = await Promise.all([
      mutate(service, "createVoiceTicket", { idempotencyKey: KEY }),
      mutate(service, "createHelpdeskTicket", { idempotencyKey: OTHER_KEY }),
      mutate(service, "updateTicketStatus"),
    ]);
    const took = performance.now() - since;
    const sentMeanwhile = service.sandbox.received.length;
    await lock.release();

    for (const { payload } of down) {
      expect(payload).toMatchObject({
        ticket: null,
        submission: null,
        problems: [{ code: "LEDGER_UNAVAILABLE", field: null, retryable: true }],
        replayed: false,
      });
    }
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(3000); // generous: the promise is one second
    expect(sentMeanwhile).toBe(0);
    const again = () => problemsOf(service, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(again, SOON).toEqual([]);
    expect(service.sandbox.tickets).toHaveLength(1);
    await expect.poll(() => statesIn(service.sql), SOON).not.toContain("SENDING");
    expect(await statesIn(service.sql)).not.toContain("UNCERTAIN");
  });

  // SQLite locks no rows.
  const locks = { "the tables": lockOn, ...(engine === "PostgreSQL" && { "its own row": lockOnRows }) };
  test.for(Object.entries(locks))(
    "MUST NOT block an attempt that was to run again: locked is %s",
    async ([, lockIn], { expect }) => {
      await using service = await start({ mood: "unauthorized" });
      const again = async () => (await mutate(service, "createVoiceTicket", { idempotencyKey: KEY })).payload;
      const first = await again();
      service.sandbox.setMood("well");
      await using lock = await lockIn(service.place);
      const locked = await again();
      await lock.release();

      expect(locked?.problems).toMatchObject([{ code: "LEDGER_UNAVAILABLE" }]);
      // The lost reservation may still be committed after the lock is gone. A caller who meets it has to try again.
      const submission = { id: first?.submission?.id, state: "CONFIRMED" };
      await expect.poll(again, SOON).toMatchObject({ submission });
      expect(service.sandbox.tickets).toHaveLength(1);
    },
  );

  test("MUST NOT keep the ticket from the caller, and MUST receive the outcome afterwards", async ({
    expect,
  }) => {
    await using service = await start({ config: PATIENT });
    const { lock, calls } = await lockedDuring(service, service.place, { idempotencyKey: KEY });

    const { payload } = (await calls)[0]!;

    const ticketId = service.sandbox.tickets[0]?.id;
    const submissionId = payload?.submission?.id;
    expect(payload).toMatchObject({
      ticket: { id: ticketId, kind: "VOICE" },
      submission: { state: "CONFIRMED" },
      problems: [],
    });
    const events = service.events.filter(({ event }) => event !== "ledger.upkeep_failed"); // the first sweep may meet the lock
    expect(events).toEqual([
      { event: "ledger.outcome_not_recorded", submissionId, state: "CONFIRMED", ticketId },
    ]);
    await lock.release();
    const row = "SELECT state, ticket_id FROM submissions";
    await expect
      .poll(() => service.sql.run(row), SOON)
      .toEqual([{ state: "CONFIRMED", ticket_id: ticketId }]);
    const replay = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    expect(replay.payload).toMatchObject({ ticket: { id: ticketId }, replayed: true });
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST receive the outcomes that are not recorded before the service stops", async ({ expect }) => {
    await using place = await placeFor(engine);
    await using sql = await sqlOn(place);
    {
      await using service = await startService({ ledgerUrl: place.url, config: PATIENT });
      const { lock, calls } = await lockedDuring(service, place);
      expect((await calls)[0]?.payload?.problems).toEqual([]);
      void sleep(300).then(() => lock.release());
    }

    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
  });

  test("MUST be LEDGER_UNAVAILABLE for queries and resolutions, until the ledger is back", async ({
    expect,
  }) => {
    await using service = await start();
    const { payload } = await mutate(service, "createVoiceTicket");
    const [id, submissionId] = [payload?.ticket?.id ?? "", payload?.submission?.id ?? ""];
    for (const table of ["tickets", "submissions"])
      await service.sql.run(`ALTER TABLE ${table} RENAME TO lost_${table}`);

    const answers = [
      await service.execute(TicketDocument, { id }),
      await service.execute(TicketSubmissionDocument, { id: submissionId }),
      await service.execute(DoubtfulSubmissionsDocument, {}),
    ];
    const resolved = await service.execute(ResolveTicketSubmissionDocument, {
      input: { submissionId, verdict: "CREATED", ticketId: id, note: "x" },
    });
    const sent = await mutate(service, "createVoiceTicket");

    const ledgerFault = engine === "SQLite" ? "OTHER" : "REFUSED"; // SQLite has no code for a missing table
    expect(service.operations.slice(1)).toMatchObject(
      [...answers, resolved, sent].map(() => ({ ledgerFault })),
    );
    expect(service.operations[0]?.ledgerFault).toBe(null);
    for (const { errors, text } of answers) {
      expect(errors).toMatchObject([
        {
          message: "The stored data cannot be read now. Try again later.",
          extensions: { code: "LEDGER_UNAVAILABLE" },
        },
      ]);
      expect(text).not.toMatch(/sql|table|relation|postgres/i);
    }
    expect(resolved.data.resolveTicketSubmission).toMatchObject({
      submission: null,
      problems: [{ code: "LEDGER_UNAVAILABLE" }],
    });
    expect(sent.payload?.problems).toMatchObject([{ code: "LEDGER_UNAVAILABLE" }]);
    expect(service.sandbox.received).toHaveLength(1);
    for (const table of ["tickets", "submissions"])
      await service.sql.run(`ALTER TABLE lost_${table} RENAME TO ${table}`);
    expect((await service.execute(TicketDocument, { id })).data.ticket?.id).toBe(id);
    expect((await mutate(service, "createVoiceTicket")).payload?.problems).toEqual([]);
  });
});

describe.concurrent("a PostgreSQL that goes away", () => {
  const BACKENDS =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

  test("MUST NOT end the service or cause a duplicate when connections break under load", async ({
    expect,
  }) => {
    await using place = await placeFor("PostgreSQL");
    await using sandbox = await openSandbox();
    sandbox.setMood("slow", { delayMs: 50 });
    await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: place.url });
    await using sql = await sqlOn(place);
    const codes = new Set<string>();
    let gone = false;
    replica.process.once("exit", () => (gone = true));
    const breaking = async () => {
      for (let round = 0; round < 30; round++) {
        await sql.run(`SELECT pg_terminate_backend(pid) FROM (${BACKENDS}) AS others`);
        await sleep(20);
      }
    };
    const untilDone = async (key: string) => {
      for (;;) {
        if (gone) return null;
        const answer = await mutate(replica, "createVoiceTicket", {
          idempotencyKey: key,
          content: key,
        }).catch(() => null);
        if (answer?.payload?.ticket) return answer.payload.ticket.id;
        codes.add(answer?.payload?.problems[0]?.code ?? "no answer");
        await sleep(20);
      }
    };

    const keys = Array.from({ length: 40 }, (_, nth) => `key-under-load-${nth}`);
    const working = Promise.all(keys.map(untilDone));
    await breaking();
    const ids = await working;

    expect(gone).toBe(false);
    expect(new Set(ids).size).toBe(keys.length);
    expect(sandbox.tickets).toHaveLength(keys.length);
    expect(codes).not.toContain("OUTCOME_UNKNOWN");
    await expect.poll(() => statesIn(sql), SOON).toEqual(keys.map(() => "CONFIRMED"));
  });

  test("MUST NOT have a transaction left open behind a lock", async ({ expect }) => {
    await using service = await startServiceOn("PostgreSQL", { config: PATIENT });
    const { sql } = service;
    const { lock, calls } = await lockedDuring(service, service.place, {}, 5);
    const late = Array.from({ length: 5 }, () => mutate(service, "createVoiceTicket"));
    await Promise.all([calls, ...late]);
    await sleep(700); // tries to record meet the lock
    await lock.release();
    service.sandbox.setMood("well");

    const after = await Promise.all(Array.from({ length: 10 }, () => mutate(service, "createVoiceTicket")));

    expect(after.flatMap(({ payload }) => payload?.problems)).toEqual([]);
    await expect.poll(() => statesIn(sql), SOON).not.toContain("SENDING");
    const open =
      "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    await expect.poll(() => sql.run(open), SOON).toEqual([]);
    expect((await statesIn(sql)).filter((state) => state === "CONFIRMED")).toHaveLength(15);
  });
});

/** Makes calls, and locks the ledger when Sociomile has executed all of them, before it answers. */
async function lockedDuring(service: Service, place: LedgerPlace, changes: object = {}, count = 1) {
  const locked = Promise.withResolvers<void>();
  service.sandbox.setMood("slow", { until: locked.promise });
  const calls = Promise.all(
    Array.from({ length: count }, () => mutate(service, "createVoiceTicket", { ...changes })),
  );
  await vi.waitUntil(() => service.sandbox.tickets.length === count, SOON);
  const lock = await lockOn(place);
  locked.resolve();
  return { lock, calls };
}

/** Locks the submissions that are there. */
async function lockOnRows(place: LedgerPlace): Promise<Lock> {
  const sql = await sqlOn(place);
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM submissions FOR UPDATE");
  return lockOf(sql);
}

// A limit on the size of files stands in for a full disk. It is set on the running process from outside.
describe.skipIf(!canLimit()).concurrent("a SQLite whose disk is full", () => {
  test("MUST be reported, without a request to the vendor, until there is room", async ({ expect }) => {
    await using place = await placeFor("SQLite");
    await using sandbox = await openSandbox();
    await using replica = await startReplica({
      vendorUrl: sandbox.url,
      ledgerUrl: place.url,
      config: PATIENT,
    });
    await using sql = await sqlOn(place);
    const limited = Promise.withResolvers<void>();
    sandbox.setMood("slow", { until: limited.promise, times: 1 });
    const underWay = mutate(replica, "createVoiceTicket", { idempotencyKey: OTHER_KEY });
    await expect.poll(() => sandbox.tickets).toHaveLength(1);
    limitFiles(replica.process.pid, "1");
    limited.resolve();

    const full = await mutate(replica, "createVoiceTicket", { idempotencyKey: KEY });
    const read = await replica.execute(TicketDocument, { id: "690d950c5f287ad0ff3bd9d5" });
    const ended = await underWay;
    const sent = sandbox.received.length;
    limitFiles(replica.process.pid, "unlimited");

    expect(full.payload).toMatchObject({ ticket: null, problems: [{ code: "LEDGER_UNAVAILABLE" }] });
    expect(read.data).toEqual({ ticket: null });
    expect(ended.payload).toMatchObject({ ticket: { id: sandbox.tickets[0]?.id }, problems: [] });
    expect(sent).toBe(1);
    const again = () => problemsOf(replica, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(again, SOON).toEqual([]);
    await expect.poll(() => statesIn(sql), SOON).toEqual(["CONFIRMED", "CONFIRMED"]);
    expect(sandbox.received).toHaveLength(2);
  });
});

function canLimit(): boolean {
  return process.platform === "linux" && spawnSync("prlimit", ["--version"]).status === 0;
}

function limitFiles(pid: number | undefined, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}
