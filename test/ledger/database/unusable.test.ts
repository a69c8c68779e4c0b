import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { TLSSocket } from "node:tls";
import { sql as kysely } from "kysely";
import { describe, expect, inject, test } from "vitest";
import { available, ledgerFaultOf } from "../../../src/ledger/database/unusable.ts";
import { createSqlLedger } from "../../../src/ledger/ledger.ts";
import { checkLedger } from "../../../operator/ledger/closed.ts";
import type { LedgerFault } from "../../../src/telemetry/events.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { CERTIFICATE_FAULTS, selfSigned } from "../../sociomile/certificate.ts";
import { startVendor } from "../../sociomile/scripted-vendor.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { closedOn, ENGINES, LEDGER_KEY, openAt, openOn, placeFor } from "../../support/opened.ts";
import { hasPgBouncer, startPgBouncer } from "../../support/pgbouncer.ts";
import { STATUS, intentOf, queuedBy, OPERATOR } from "../../support/intents.ts";
import { lockOn } from "../../support/sql.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";
import { nobodyListening } from "../../support/vendor.ts";

/** Longest time for which somebody whom an alert has called waits for `operator check`, in milliseconds. */
const CHECKED_WITHIN_MS = 20_000;

/** Position in SQLite's files of the version that writers must know. SQLite only reads a file with a newer one (https://sqlite.org/fileformat2.html). */
const WRITE_VERSION = 18;

/** Reason that is reported about a ledger at an address. Fails when the message holds a part of the address. */
async function reasonAt(url: string): Promise<string> {
  const error: unknown = await openAt({ url }, { isPatient: false }).then(
    async ({ ledger }) => ledger.close(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LedgerUnavailable)) throw new Error(`${url} was opened, or fails otherwise`);
  expect(error.message).toMatch(/^The ledger in DATABASE_URL cannot be used: /);
  expect(error.message).not.toMatch(/s3cret|127\.0\.0\.1/);
  return error.message;
}

describe("a ledger that cannot be used MUST be reported with its setting and the reason in words", () => {
  test("when its path is impossible", async () => {
    await using place = await closedOn("SQLite");
    const path = place.url.slice("sqlite:".length);
    const loop = `${path}-loop`;
    symlinkSync(loop, loop); // as good as a directory without the right to look into it

    expect(await reasonAt(`${place.url}/s3cret.db`)).toMatch(/its path is impossible.*(?:EEXIST|ENOTDIR)/);
    expect(await reasonAt("sqlite:/proc/s3cret/ledger.db")).toMatch(/its path is impossible.*ENOENT/);
    expect(await reasonAt(`sqlite:${dirname(path)}`)).toContain("cannot be opened");
    const check = checkLedger({ url: `sqlite:${loop}/s3cret.db`, keys: [LEDGER_KEY] });
    await expect(check).rejects.toThrow(/its path is impossible.*ELOOP/);
  });

  test("when its file is no database, or another process holds it", async () => {
    await using place = await placeFor("SQLite");
    const path = place.url.slice("sqlite:".length);
    writeFileSync(path, "s3cret".repeat(100));
    expect(await reasonAt(place.url)).toContain("its file is no SQLite database");

    rmSync(path);
    await using lock = await lockOn(place);
    expect(await reasonAt(place.url)).toContain("another process holds it locked");
    await lock.release();
  });

  test("when its file may not be written, and by a check of it", async () => {
    await using place = await placeFor("SQLite");
    const path = place.url.slice("sqlite:".length);
    await (await openAt(place)).ledger.close();
    const bytes = readFileSync(path);
    bytes[WRITE_VERSION] = 3;
    writeFileSync(path, bytes);

    expect(await reasonAt(place.url)).toContain("its file may not be written");
    const check = checkLedger({ url: place.url, keys: [LEDGER_KEY] });
    await expect(check).rejects.toThrow("its file may not be written");
  });

  const SERVER = inject("postgresUrl").replace("postgres:postgres@", "postgres:s3cret-word@");
  const { SOCIOMILE_BASE_URL: nobody } = nobodyListening();

  const WITHOUT = SERVER.replace(":s3cret-word", "");
  const RIGHT = inject("postgresUrl");
  test.each<[string, string, RegExp]>([
    ["nobody listens", `postgres://u:s3cret@${new URL(nobody).host}/none`, /connection was refused/],
    ["the password is wrong", `${SERVER}/postgres`, /refused the user or the password/],
    ["there is no password", `${WITHOUT}/postgres`, /no password|refused the user or the password/],
    ["the host is unknown", "postgres://u:s3cret@s3cret.invalid/ledger", /host name is unknown/],
    ["there is no such database", `${RIGHT}/s3cret`, /no database of that name/],
    ["the server has no TLS", `${RIGHT}/postgres?sslmode=verify-full`, /does not speak TLS/],
    ["a file for TLS is missing", `${RIGHT}/postgres?sslrootcert=/s3cret`, /for TLS cannot be read/],
  ])("when %s", async (_, url, reason) => {
    expect(await reasonAt(url)).toMatch(reason);
  });

  test("when the database does not answer, and a check of it MUST end soon", async () => {
    await using silence = await startVendor(); // it takes connections, and says nothing
    const url = `postgres://u:s3cret@127.0.0.1:${silence.port}/ledger`;
    const began = performance.now();

    await expect(checkLedger({ url, keys: [LEDGER_KEY] })).rejects.toThrow(LedgerUnavailable);
    expect(performance.now() - began).toBeLessThan(CHECKED_WITHIN_MS);
    expect(await reasonAt(url)).toContain("does not answer");
  });

  test.runIf(hasPgBouncer)("when PgBouncer has no database behind it, as without PgBouncer", async () => {
    await using bouncer = await startPgBouncer(Number(new URL(nobody).port));
    await using behind = await startPgBouncer(Number(new URL(inject("postgresUrl")).port));
    expect(await reasonOf(bouncer, "s3cret")).toContain("the database does not answer");
    expect(await reasonOf(behind, "s3cret")).toContain("no database of that name");
    expect(await reasonOf(behind, "postgres", "s3cret")).toContain("refused the user or the password");
  });

  test.each(CERTIFICATE_FAULTS)("when the certificate of the database is no server's: %s", async (fault) => {
    const certificate = selfSigned("localhost", 1, fault);
    await using server = await postgresWithTls(certificate);
    using files = temporaryFiles();

    const url = `postgres://u:s3cret@localhost:${server.port}/ledger?sslrootcert=${files.write("ca.crt", certificate.cert)}`;
    expect(await reasonAt(url)).toMatch(new RegExp(`certificate of the database is not trusted.*${fault}`));
    const refusal: unknown = await openAt({ url }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: "CERTIFICATE" });
  });

  test("when the certificate of the database is not trusted", async () => {
    await using server = await postgresWithTls();

    const reason = await reasonAt(`postgres://u:s3cret@localhost:${server.port}/ledger?sslmode=verify-full`);
    expect(reason).toMatch(/certificate of the database is not trusted.*SELF_SIGNED.*sslrootcert/);
  });
});

test.each(ENGINES)("a ledger that has become read-only on %s MUST tell readiness so", async (engine) => {
  await using opened = await openOn(engine);
  const context = await contextAt(opened.place);
  await using ledger = createSqlLedger(context, null);
  const before = await ledger.fault();

  const isSqlite = engine === "SQLite";
  const readOnly = isSqlite ? kysely`PRAGMA query_only = ON` : kysely`SET default_transaction_read_only = on`;
  await readOnly.execute(context.db);

  expect([before, await ledger.fault()]).toEqual([null, "READ_ONLY"]);
});

test.each(ENGINES)("a newer form on %s MUST only be read by those who may not write it", async (engine) => {
  await using opened = await openOn(engine);
  const { ledger, sql } = opened;
  const { id, ticketId } = await queuedBy(ledger, intentOf("key-of-a-newer-form", STATUS));
  await sql.run("INSERT INTO kysely_migration VALUES ('9999_later', '')");
  await sql.run("INSERT INTO ledger_forms VALUES ('9999_later', '99.0.0', '99.0.0', '99.0.0')");

  expect(await ledger.fault()).toBe("REFUSED");
  const refused = { reason: "REFUSED" };
  await expect(ledger.reserve(intentOf(null))).rejects.toMatchObject(refused);
  await expect(ledger.reserveQueued(1)).rejects.toMatchObject(refused);
  await expect(ledger.cancel(id, OPERATOR)).rejects.toMatchObject(refused);
  await expect(ledger.retry(id, OPERATOR)).rejects.toMatchObject(refused);
  await expect(ledger.forgetTicket(ticketId!, OPERATOR)).rejects.toMatchObject(refused);
  expect(await ledger.find(id)).toMatchObject({ id, state: "QUEUED" });
});

test.each(ENGINES)("each part of the upkeep that fails on %s MUST say why, and stop no other", async (engine) => {
  await using place = await closedOn(engine);
  await place.sql.run("ALTER TABLE submissions RENAME COLUMN deliver_by TO elsewhere");
  await place.sql.run("ALTER TABLE submissions RENAME COLUMN details TO moved");

  await using opened = await openAt(place);

  const reason = engine === "SQLite" ? "OTHER" : "REFUSED"; // SQLite has no code for a missing column
  const failed = (part: string) => ({ event: "ledger.upkeep_failed", part, reason });
  await expect.poll(() => opened.events.length).toBe(2);
  expect(opened.events).toEqual(expect.arrayContaining([failed("expiry"), failed("retention")]));
});

test.each<[LedgerFault, object]>([
  ["UNREACHABLE", { code: "ECONNREFUSED" }],
  ["UNREACHABLE", { code: "57P01" }],
  ["UNREACHABLE", { message: "timeout exceeded when trying to connect" }],
  ["UNREACHABLE", { code: "08P01", message: "server login has been failing, try again later" }],
  ["NO_CONNECTIONS", { code: "08P01", message: "no more connections allowed (max_client_conn)" }],
  ["NO_CONNECTIONS", { code: "53300" }],
  ["REFUSED", { code: "28P01" }],
  ["REFUSED", { code: "42501" }],
  ["CERTIFICATE", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }],
  ["SLOW", { code: "55P03" }],
  ["SLOW", { code: "ERR_SQLITE_ERROR", errcode: 5 }],
  ["FULL", { code: "53100" }],
  ["FULL", { code: "ERR_SQLITE_ERROR", errcode: 13 }],
  ["READ_ONLY", { code: "25006" }],
  ["READ_ONLY", { code: "ERR_SQLITE_ERROR", errcode: 8 + (1 << 8) }],
  ["DAMAGED", { code: "ERR_SQLITE_ERROR", errcode: 11 }],
  ["OTHER", { code: "22012" }],
])("the word for the log MUST be %s for %o, also within another error", (fault, error) => {
  const cause = Object.assign(new Error("s3cret"), error);

  expect(ledgerFaultOf(cause)).toBe(fault);
  expect(ledgerFaultOf(new Error("An earlier statement on this connection failed", { cause }))).toBe(fault);
});

test("A fault of this service MUST NOT look like one of the database, whose own errors may be of the same class", async () => {
  const ours = new TypeError("id is not a function");
  const theirs = Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL" });

  await expect(available(Promise.reject(ours))).rejects.toBe(ours);
  await expect(available(Promise.reject(theirs))).rejects.toThrow(LedgerUnavailable);
});

function reasonOf({ port }: { port: number }, name: string, password = "postgres"): Promise<string> {
  return reasonAt(`postgres://postgres:${password}@127.0.0.1:${port}/${name}`);
}

/** A server that speaks TLS as PostgreSQL does, with a certificate that it signed itself. */
function postgresWithTls({ key, cert } = selfSigned("localhost")) {
  return startVendor({
    onFirstBytes(socket) {
      socket.write("S"); // https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
      new TLSSocket(socket, { isServer: true, key, cert }).on("error", () => {});
    },
  });
}
