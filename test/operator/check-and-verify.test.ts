import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { ENGINES, type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, putOff } from "../support/queued.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { startVendor } from "../sociomile/scripted-vendor.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { testTable } from "../support/test-table.ts";
import { openAt } from "../support/opened.ts";
import { lockOn, sqlOn } from "../support/sql.ts";
import { ROUTER_SECRET, down, startIssuer } from "../support/issuer.ts";
import { freePort } from "../support/free-port.ts";
import { bytesOf } from "../../src/ledger/clock.ts";
import { CREATED, type OperatedService, operate, startOperatedService } from "./operator-process.ts";

const OTHER_KEY = Buffer.alloc(32, "another key").toString("base64");

/** Names of everything in a place that was empty: a file, or tables. */
async function wasMadeIn(place: LedgerPlace): Promise<unknown[]> {
  const path = /^sqlite:(.*)$/.exec(place.url)?.[1];
  if (path !== undefined) return readdirSync(dirname(path));
  await using sql = await sqlOn(place);
  return await sql.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
}

async function damage({ sql, change }: OperatedService, column: "details" | "request", id: string): Promise<void> {
  const [row] = await sql.run(`SELECT ${column} AS sealed FROM submissions WHERE id = ?`, bytesOf(id));
  const changed = Buffer.from(row!["sealed"] as Uint8Array);
  changed[28]! ^= 1;
  await change(id, `${column} = ?`, changed);
}

const NEWER = "INSERT INTO kysely_migration (name, timestamp) VALUES ('9999_newer', '2099-01-01')";

describe.each(ENGINES)("a check on %s", (engine) => {
  test("MUST tell the same beside a running service, and before the first start, and make or change nothing, as every command", async () => {
    await using service = await startOperatedService(engine);
    await using empty = await placeFor(engine);

    const there = await service.run("check", "--json");
    const early = await operate(empty.url, ["check", "--json"]);

    const report = {
      version: manifest.version,
      mode: "production",
      unknownSettings: [],
      keySet: "UNREACHABLE", // these settings name an issuer and a Sociomile that do not exist
      sociomile: { failure: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/), certificateEnd: null },
      ledger: { isPrepared: true, isSealedByFirst: true },
    };
    expect(JSON.parse(there.stdout)).toEqual(report);
    expect([there.code, early.code]).toEqual([1, 1]); // without Sociomile and keys
    const ledger = { isPrepared: false, isSealedByFirst: null };
    expect(JSON.parse(early.stdout)).toEqual({ ...report, ledger });
    const { code, stderr } = await operate(empty.url, ["list"]);
    expect([code, stderr]).toEqual([
      78,
      expect.stringMatching(/^There is no ledger of this version at DATABASE_URL\./),
    ]);
    expect(await wasMadeIn(empty)).toEqual([]);
  });

  test("MUST end with 78 for the key of another ledger, and for a newer version, as every command does", async () => {
    await using service = await startOperatedService(engine);
    const run = (command: string, key = {}) => operate(service.ledgerUrl, [command], key);

    const otherKey = { LEDGER_KEY: OTHER_KEY };
    const stderr = "LEDGER_KEY does not open this ledger: another key has sealed it.\n";
    expect(await run("check", otherKey)).toEqual({ code: 78, stdout: "", stderr });
    expect(await run("list", otherKey)).toEqual({ code: 78, stdout: "", stderr });

    await service.sql.run(NEWER);
    const newer = { code: 78, stderr: expect.stringContaining("newer version") };
    expect(await run("check")).toMatchObject(newer);
    expect(await run("list")).toMatchObject(newer);
  });

  test("MUST end with 78 while another process locks the ledger, and change nothing", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("createVoiceTicket");
    const lock = await lockOn({ url: service.ledgerUrl });

    const ended = await service.run("resolve", id, ...CREATED);
    await lock.release();

    const stderr = "The ledger failed (SLOW). `check` may tell why. Look with `show` before you repeat the command.\n";
    expect(ended).toEqual({ code: 78, stdout: "", stderr });
    const unchanged = { submission: { state: "UNCERTAIN", actions: [] } };
    expect(await service.json("show", id)).toMatchObject(unchanged);
  });
});

test("MUST tell whether Sociomile and the issuer's key set can be used, with the reason, and until when a certificate is valid, and send no request", async () => {
  await using place = await placeFor("SQLite");
  const certificate = selfSigned("localhost", 30);
  await using vendor = await startVendor({ certificate });
  await using issuer = await startIssuer();
  using files = temporaryFiles();
  const SOCIOMILE_BASE_URL = `https://localhost:${vendor.port}`;
  const checked = (changes: Record<string, string>) =>
    operate(place.url, ["check"], { ...issuer.auth, ROUTER_SECRET, SOCIOMILE_BASE_URL, ...changes });

  const good = await checked({ NODE_EXTRA_CA_CERTS: files.write("ca.crt", certificate.cert) });
  issuer.instead = down;
  const unknown = await checked({});
  const refused = await checked({ SOCIOMILE_BASE_URL: `https://localhost:${await freePort()}` });

  expect([good.code, unknown.code, refused.code]).toEqual([0, 1, 1]);
  expect(good.stdout).toMatch(/^certificateEnd +2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m);
  expect(good.stderr).toBe("");
  const failed = "No connection to Sociomile can be opened";
  expect(unknown.stderr).toContain(`${failed} (DEPTH_ZERO_SELF_SIGNED_CERT).`);
  expect(unknown.stderr).toContain("The key set of AUTH_JWKS_URL cannot be used (UNREACHABLE).");
  expect(refused.stderr).toContain(`${failed} (ECONNREFUSED).`);
  expect(vendor.bytes()).toBe(0);
});

testTable<[changes: Record<string, string | null>, code: number, reported: string[]]>({
  "settings that cannot be used": [
    { ROUTER_SECRET: null, LEDGER_KEY: "s3cret-of-no-32-bytes" },
    78,
    ["ROUTER_SECRET is missing", "LEDGER_KEY must be"],
  ],
  "an unknown setting": [
    { SOCIOMILE_TIMEOUT: "s3cret" },
    1, // nobody answers at the addresses
    ["SOCIOMILE_TIMEOUT looks like a setting but is unknown"],
  ],
})("MUST tell of %s, without its value", async (_, [changes, expected, reported]) => {
  await using place = await placeFor("SQLite");

  const { code, stdout, stderr } = await operate(place.url, ["check"], changes);

  expect(code).toBe(expected);
  for (const text of reported) expect(stdout + stderr).toContain(text);
  expect(stdout + stderr).not.toContain("s3cret");
});

describe.each(ENGINES)("a look at a whole ledger on %s", (engine) => {
  test("MUST count what it holds, and change nothing", async () => {
    await using service = await startOperatedService(engine);
    await mutate(service, "createHelpdeskTicket");
    await mutate(service, "createVoiceTicket");
    await service.doubt("createVoiceTicket");
    const submissions = () => service.sql.run("SELECT * FROM submissions ORDER BY id");
    const before = await submissions();

    const { oldest, newestCreated, newestSettled, ...report } = await service.json("verify");

    expect(report).toEqual({
      engine,
      submissions: [
        { state: "CONFIRMED", count: 2 },
        { state: "UNCERTAIN", count: 1 },
      ],
      actions: 0,
      tickets: 2,
      references: 6,
      unreadable: [],
      damage: [],
    });
    const time = expect.stringMatching(/Z$/) as string;
    expect([newestCreated, newestSettled]).toEqual([time, time]);
    expect(oldest).toMatchObject([
      { kind: "ended", oldest: null, limit: "30 d" },
      { kind: "tickets", oldest: time, limit: "400 d" },
      { kind: "queued", oldest: null, limit: "72 h" },
      { kind: "doubts", oldest: time, limit: "none" },
      { kind: "actions", oldest: null, limit: "400 d" },
    ]);
    expect(await submissions()).toEqual(before);
  });

  test("MUST tell the oldest rows beside their limits, without tickets that an update in flight keeps, and the newest", async () => {
    await using service = await startOperatedService(engine);
    const aged = (id: string, days: number) => service.change(id, "settled_at = settled_at - ?", days * 86_400_000);
    const create = async () => (await mutate(service, "createHelpdeskTicket")).payload!;
    const [kept, old, , rejected] = [await create(), await create(), await create(), await create()];
    await aged(kept.submission!.id, 90);
    await aged(old.submission!.id, 50);
    await service.change(rejected.submission!.id, "state = 'REJECTED'");
    await aged(rejected.submission!.id, 20);
    const update = await service.doubt("updateTicketStatus", { ticketId: kept.ticket!.id });
    await service.change(update, "state = 'SENDING', sent_at = 9e12");
    await aged(await service.doubt("updateTicketStatus"), 80);
    await aged(await service.doubt("createVoiceTicket"), 70);
    const newest = (await create()).submission!.id;

    const { stdout } = await service.run("verify");

    expect(stdout).toMatch(/^ended +\S+Z +30 d +20 d$/m);
    expect(stdout).toMatch(/^tickets +\S+Z +400 d +50 d$/m);
    expect(stdout).toMatch(/^queued +72 h$/m);
    expect(stdout).toMatch(/^doubts +\S+Z +none +70 d$/m);
    const { createdAt: newestCreated, settledAt: newestSettled } = await service.shown(newest);
    expect(await service.json("verify")).toMatchObject({ newestCreated, newestSettled });
  });

  test.each([
    ["details", "details"],
    ["request", "queuedRequests"],
  ] as const)("MUST end with 1 when a %s cannot be read, and name its submission", async (column, kind) => {
    await using service = await startOperatedService(engine);
    await mutate(service, "createVoiceTicket");
    service.sandbox.setMood(column === "request" ? "unauthorized" : "well");
    const { id } = (await handIn(service)).submission!;
    await putOff(service.sql); // so that no delivery finds the change first
    await damage(service, column, id);

    const { code, stdout, stderr } = await service.run("verify", "--json");

    expect([code, stderr]).toEqual([1, `Refused: 1 of ${kind} cannot be read, such as those of ${id}.\n`]);
    expect(JSON.parse(stdout)).toMatchObject({ unreadable: [{ kind, count: 1, ids: [id] }] });
  });
});

describe("a backup of SQLite", () => {
  test("MUST be read from where it lies, and stay as it is", async () => {
    await using service = await startOperatedService("SQLite");
    await mutate(service, "createHelpdeskTicket");
    const backup = `${service.ledgerUrl.slice("sqlite:".length)}.backup`;
    await service.sql.run(`VACUUM INTO '${backup}'`);
    const bytes = readFileSync(backup);

    const { code, stdout } = await operate(`sqlite:${backup}`, ["verify"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^tickets +1$/m);
    expect(readFileSync(backup).equals(bytes)).toBe(true);
    expect(existsSync(`${backup}-wal`)).toBe(false);
  });

  testTable<[damaged: (bytes: Buffer, indexAt: number) => Buffer, code: number, reason: RegExp]>({
    "is no database": [() => Buffer.alloc(8192, "text "), 78, /its file is no SQLite database/],
    "is empty": [() => Buffer.alloc(0), 78, /^There is no ledger of this version/],
    "is cut off": [(bytes) => bytes.subarray(0, bytes.length / 2), 78, /its file is damaged. Restore a backup/],
    "has a damaged page": [
      (bytes, indexAt) => Buffer.from(bytes).fill(7, indexAt, indexAt + 4096),
      1,
      /^Refused: The database is damaged/,
    ],
  })("MUST NOT pass when it %s", async (_, [damaged, expected, reason]) => {
    await using place = await placeFor("SQLite");
    const path = place.url.slice("sqlite:".length);
    await (await openAt(place)).ledger.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = DELETE");
    const index = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'submissions_queue'").get();
    database.close();
    writeFileSync(path, damaged(readFileSync(path), 4096 * (Number(index!["rootpage"]) - 1)));

    const { code, stderr } = await operate(place.url, ["verify"]);

    expect(stderr).toMatch(reason);
    expect(code).toBe(expected);
  });
});
