/** A database that can be read and not written: for a user without rights, or as a standby is after a failover. */
import { describe, test } from "vitest";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { operate } from "../operator/operator-process.ts";
import { startBuild } from "../support/build.ts";
import { userWith } from "../support/database-user.ts";
import { mutate, problemsOf } from "../support/mutations.ts";
import { type LedgerPlace, closedOn, LEDGER_KEY } from "../support/opened.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import { mayFail, placeOnFailingDisk } from "../support/small-disk.ts";
import type { Sql } from "../support/sql.ts";

const KEY = "a-key-of-this-test";

/** Starts the built service, which is to end. Returns its exit code and what it writes about that. */
async function outputAtStart(ledgerUrl: string): Promise<{ code: number | null; stderr: string }> {
  const ports = { PORT: "0", MANAGEMENT_PORT: "0", SANDBOX_PORT: "0" };
  const ledger = { DATABASE_URL: ledgerUrl, LEDGER_KEY: LEDGER_KEY.toString("base64") };
  await using build = startBuild({ APP_MODE: "development", ...ports, ...ledger });
  const { code, stderr } = await build.ended;
  return { code, stderr };
}

type Address = Pick<LedgerPlace, "url">;

/** Makes a user of the database that may only read. */
const reader = (place: Address, sql: Sql) => userWith("GRANT SELECT ON ALL TABLES IN SCHEMA public", place, sql);

/** Lets new connections to the database only read. */
async function setReadOnly({ url }: Address, sql: Sql, isReadOnly: boolean): Promise<void> {
  const value = isReadOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only";
  await sql.run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} ${value}`);
}

async function readOnly(place: Address, sql: Sql): Promise<LedgerPlace> {
  await setReadOnly(place, sql, true);
  return { url: place.url, [Symbol.asyncDispose]: async () => {} };
}

async function statusOfReadyz({ managementUrl }: Service): Promise<number> {
  return (await fetch(`${managementUrl}/readyz`)).status;
}

test.runIf(mayFail)("A read-only disk of SQLite MUST end readiness and sending, and no reads", async ({ expect }) => {
  await using place = await placeOnFailingDisk();
  await using service = await startService({ ledgerUrl: place.url });
  const { payload } = await mutate(service, "createVoiceTicket");
  const id = payload?.ticket?.id ?? "";
  const before = await statusOfReadyz(service);

  place.fail();
  await expect.poll(() => statusOfReadyz(service)).toBe(503);
  const because = await (await fetch(`${service.managementUrl}/readyz`)).text();
  const refused = await mutate(service, "createVoiceTicket");
  const read = await service.execute(TicketDocument, { id });

  expect(before).toBe(200);
  expect(because).toContain("READ_ONLY");
  expect(refused.payload).toMatchObject({ submission: null, problems: [{ code: "LEDGER_UNAVAILABLE" }] });
  expect(read.data.ticket?.id).toBe(id);
  expect(service.sandbox.received).toHaveLength(1);
});

describe.concurrent("a ledger on PostgreSQL that cannot be written", () => {
  const NO_RIGHTS = "the user may not create or use its tables. Give it the right to create in its schema";
  test.for([
    ["the user may only read", reader, NO_RIGHTS],
    ["the database is read-only", readOnly, "the database is read-only, such as a standby. Name the primary"],
  ] as const)("MUST be refused by a start and by a check: %s", async ([, access, reason], { expect }) => {
    await using place = await closedOn("PostgreSQL");
    await using refused = await access(place, place.sql);

    const [started, checked] = await Promise.all([outputAtStart(refused.url), operate(refused.url, ["check"])]);

    const stderr = `The ledger in DATABASE_URL cannot be used: ${reason}.\n`;
    expect(started).toEqual({ code: 69, stderr });
    expect(checked).toEqual({ code: 78, stdout: "", stderr });
  });

  test("MUST make a running service not ready, until it can be written again", async ({ expect }) => {
    await using service = await startServiceOn("PostgreSQL");
    const { sql } = service;
    const { payload } = await mutate(service, "createVoiceTicket");
    const id = payload?.ticket?.id ?? "";
    const before = await statusOfReadyz(service);

    await setReadOnly(service.place, sql, true);
    await sql.run(
      "SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    await expect.poll(() => statusOfReadyz(service)).toBe(503);
    const refused = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    const update = await mutate(service, "updateTicketStatus", { ticketId: id });
    const read = await service.execute(TicketDocument, { id });
    const received = service.sandbox.received.length;
    await setReadOnly(service.place, sql, false);

    expect(before).toBe(200);
    for (const answer of [refused, update])
      expect(answer.payload).toMatchObject({ submission: null, problems: [{ code: "LEDGER_UNAVAILABLE" }] });
    expect(read.data.ticket?.id).toBe(id);
    expect(received).toBe(1);
    await expect.poll(() => statusOfReadyz(service)).toBe(200);
    const again = () => problemsOf(service, "createVoiceTicket", { idempotencyKey: KEY });
    await expect.poll(again).toEqual([]);
    expect(service.sandbox.received).toHaveLength(2);
  });
});
