import { execFileSync, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test, vi } from "vitest";
import {
  DoubtfulSubmissionsDocument,
  ResolveTicketSubmissionDocument,
  TicketDocument,
  TicketSubmissionDocument,
} from "../../examples/generated/graphql.ts";
import { ENGINES, type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { mutate, problemsOf } from "../support/mutations.ts";
import { startReplica } from "../support/replicas.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import { lockOn, sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const KEY = "a-key-of-this-test";
const OTHER_KEY = "another-key-of-this-test";
/** Time for the vendor, as long as a caller may wait. */
const PATIENT = { SOCIOMILE_TIMEOUT_MS: 11_000 };

describe.concurrent.each(ENGINES)("a ledger on %s that is down", (engine) => {
  test("MUST be reported with its reason in two seconds, and nothing MUST be sent meanwhile", async ({ expect }) => {
    await using service = await startServiceOn(engine);
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

    const problems = [{ code: "LEDGER_UNAVAILABLE", field: null, retryable: true }];
    for (const { payload } of down)
      expect(payload).toMatchObject({ ticket: null, submission: null, problems, replayed: false });
    const why = { outcome: "LEDGER_UNAVAILABLE", reason: "SLOW" };
    expect(service.operations).toMatchObject(down.map(() => ({ submissions: [why] })));
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(3000); // generous: the promise is one second
    expect(sentMeanwhile).toBe(0);
    const again = () => problemsOf(service, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(again).toEqual([]);
    expect(service.sandbox.tickets).toHaveLength(1);
    await expect.poll(() => statesIn(service.sql)).not.toContain("SENDING");
    expect(await statesIn(service.sql)).not.toContain("UNCERTAIN");
  });

  test("MUST NOT keep the ticket from its caller, and get the outcome afterwards", async ({ expect }) => {
    await using service = await startServiceOn(engine, { config: PATIENT });
    const { lock, call } = await lockedDuring(service, service.place);

    const { payload } = await call;

    const ticketId = service.sandbox.tickets[0]?.id;
    const submissionId = payload?.submission?.id;
    const ticket = { id: ticketId, kind: "VOICE" };
    expect(payload).toMatchObject({ ticket, submission: { state: "CONFIRMED" }, problems: [] });
    const events = service.events.filter(({ event }) => event !== "ledger.upkeep_failed"); // the first sweep may meet the lock
    const about = { submissionId, state: "CONFIRMED", ticketId, reason: "SLOW" };
    const reported = { event: "ledger.outcome_not_recorded", ...about };
    expect(events).toEqual([reported]);
    await lock.release();
    const row = "SELECT state, ticket_id FROM submissions";
    await expect.poll(() => service.sql.run(row)).toEqual([{ state: "CONFIRMED", ticket_id: ticketId }]);
    const replay = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    expect(replay.payload).toMatchObject({ ticket: { id: ticketId }, replayed: true });
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST receive the outcomes that are not recorded before the service stops", async ({ expect }) => {
    await using place = await placeFor(engine);
    await using sql = await sqlOn(place);
    {
      await using service = await startService({ ledgerUrl: place.url, config: PATIENT });
      const { lock, call } = await lockedDuring(service, place);
      expect((await call).payload?.problems).toEqual([]);
      void sleep(300).then(() => lock.release());
    }

    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
  });

  test("MUST be reported to queries, to resolutions and by readiness, until it is back", async ({ expect }) => {
    await using service = await startServiceOn(engine);
    const { payload } = await mutate(service, "createVoiceTicket");
    const [id, submissionId] = [payload?.ticket?.id ?? "", payload?.submission?.id ?? ""];
    await service.sql.run("ALTER TABLE submissions RENAME TO lost_submissions");

    const answers = [
      await service.execute(TicketDocument, { id }),
      await service.execute(TicketSubmissionDocument, { id: submissionId }),
      await service.execute(DoubtfulSubmissionsDocument, {}),
    ];
    const resolved = await service.execute(ResolveTicketSubmissionDocument, {
      input: { submissionId, verdict: "CREATED", ticketId: id, note: "x" },
    });
    const sent = await mutate(service, "createVoiceTicket");
    const ready = await fetch(`${service.managementUrl}/readyz`);

    const ledgerFault = engine === "SQLite" ? "OTHER" : "REFUSED"; // SQLite has no code for a missing table
    expect(await ready.json()).toEqual({ status: "not ready", because: "ledger", reason: ledgerFault });
    expect(service.operations.slice(1)).toMatchObject([...answers, resolved, sent].map(() => ({ ledgerFault })));
    const reported = service.operations.slice(1).map(({ outcome }) => outcome);
    expect(reported).toEqual(reported.map(() => "LEDGER_UNAVAILABLE")); // also where it is a problem of a mutation
    expect(service.operations[0]).toMatchObject({ ledgerFault: null, outcome: "OK" });
    const unavailable = { code: "LEDGER_UNAVAILABLE" };
    const message = "The stored data cannot be read now. Try again later.";
    for (const { errors, text } of answers) {
      expect(errors).toMatchObject([{ message, extensions: unavailable }]);
      expect(text).not.toMatch(/sql|table|relation|postgres/i);
    }
    const refused = { submission: null, problems: [unavailable] };
    expect(resolved.data.resolveTicketSubmission).toMatchObject(refused);
    expect(sent.payload).toMatchObject(refused);
    expect(service.sandbox.received).toHaveLength(1);
    await service.sql.run("ALTER TABLE lost_submissions RENAME TO submissions");
    expect((await service.execute(TicketDocument, { id })).data.ticket?.id).toBe(id);
    expect((await mutate(service, "createVoiceTicket")).payload?.problems).toEqual([]);
  });
});

/** Makes a call, and locks the ledger when Sociomile has executed it, before it answers. */
async function lockedDuring(service: Service, place: LedgerPlace) {
  const locked = Promise.withResolvers<void>();
  service.sandbox.setMood("slow", { until: locked.promise });
  const call = mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
  await vi.waitUntil(() => service.sandbox.tickets.length === 1, { timeout: 30_000 });
  const lock = await lockOn(place);
  locked.resolve();
  return { lock, call };
}

// A limit on the size of files stands in for a full disk. It is set on the running process from outside.
test.skipIf(!canLimit())("A full disk of SQLite MUST be reported, and nothing be sent", async ({ expect }) => {
  await using place = await placeFor("SQLite");
  await using sandbox = await openSandbox();
  const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config: PATIENT };
  await using replica = await startReplica(settings);
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
  await expect.poll(again).toEqual([]);
  await expect.poll(() => statesIn(sql)).toEqual(["CONFIRMED", "CONFIRMED"]);
  expect(sandbox.received).toHaveLength(2);
});

function canLimit(): boolean {
  return process.platform === "linux" && spawnSync("prlimit", ["--version"]).status === 0;
}

function limitFiles(pid: number | undefined, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}
