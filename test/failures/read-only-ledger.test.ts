/** A database that becomes read-only under a running service: by an error of a disk, or as a standby is after a failover. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { mutate, problemsOf } from "../support/mutations.ts";
import type { LedgerPlace } from "../support/ledgers.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import type { Sql } from "../support/sql.ts";

const KEY = "a-key-of-this-test";

/** True where a disk can be mounted and made to fail. */
const mayFail = process.platform === "linux" && process.getuid?.() === 0 && existsSync("/usr/sbin/mkfs.ext4");

/** Makes the place of an empty ledger on SQLite, on a disk of its own, which `fail` turns read-only: as Linux does after an error of a disk. */
async function placeOnFailingDisk() {
  await using opening = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sociomile-disk-"));
  opening.defer(() => rmSync(directory, { recursive: true }));
  const [image, disk] = [join(directory, "image"), join(directory, "disk")];
  writeFileSync(image, Buffer.alloc(16 << 20));
  mkdirSync(disk);
  execFileSync("mkfs.ext4", ["-q", image]);
  execFileSync("mount", ["-o", "loop,errors=remount-ro", image, disk]);
  opening.defer(() => void execFileSync("umount", ["--lazy", disk]));
  return Object.assign(opening.move(), {
    url: `sqlite:${join(disk, "ledger.db")}`,
    fail: () => void execFileSync("mount", ["-o", "remount,abort", disk]),
  });
}

/** Lets new connections to the database only read. */
async function setReadOnly({ url }: Pick<LedgerPlace, "url">, sql: Sql, isReadOnly: boolean): Promise<void> {
  const value = isReadOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only";
  await sql.run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} ${value}`);
}

async function statusOfReadyz({ managementUrl }: Service): Promise<number> {
  return (await fetch(`${managementUrl}/readyz`)).status;
}

test.runIf(mayFail)("A read-only disk of SQLite MUST end readiness and sending, and no reads", async () => {
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

test("A database of PostgreSQL that cannot be written MUST make a running service not ready, until it can be again", async () => {
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
