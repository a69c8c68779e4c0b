import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { TABLES } from "../../src/ledger/database/tables.ts";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { fillLedger } from "../support/fill.ts";
import { ENGINES, type Engine, type LedgerPlace, closedOn, placeFor } from "../support/opened.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, putOff } from "../support/queued.ts";
import { startService } from "../support/service.ts";
import { type Row, type Sql, sqlOn } from "../support/sql.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { testTable } from "../support/test-table.ts";
import { CREATED, operate, operatorEnvironment, spawnOperator, startOperatedService } from "./operator-process.ts";

const OTHER_KEY = Buffer.alloc(32, "another key").toString("base64");
const OTHER: Record<Engine, Engine> = { SQLite: "PostgreSQL", PostgreSQL: "SQLite" };
const NAME = "Siti Nurhalimah";
const KEY = "a-key-of-this-test";

/** All rows of a ledger, by their tables, in an order of their own. A bigint of PostgreSQL is text, and here a number. */
async function rowsIn(sql: Sql): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of Object.keys(TABLES)) {
    const rows = await sql.run(`SELECT * FROM ${table}`);
    const shown = rows.map((row) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, plain(value)])));
    all[table] = shown.toSorted((a, b) => (a < b ? -1 : 1));
  }
  return all;
}

function plain(value: Row[string]): unknown {
  if (value instanceof Uint8Array) return value.toHex();
  return /^\d+$/.test(String(value)) ? Number(value) : value;
}

/** Makes a ledger with rows of every kind, and closes its service. */
async function startFull(engine: Engine) {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await placeFor(engine));
  let answers;
  {
    await using service = await startOperatedService(engine, place.url);
    const voice = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY, customerName: NAME });
    await mutate(service, "createHelpdeskTicket");
    await mutate(service, "updateTicketStatus", { ticketId: voice.payload!.ticket!.id });
    const doubt = await service.doubt("createVoiceTicket");
    await service.age(60);
    await service.json("resolve", doubt, ...CREATED.slice(0, 2), "--note", "a note by her", "--by", "Rina");
    await service.sql.run(
      "INSERT INTO ticket_references SELECT id, 'MASKED_TICKET_ID', 'A-1', observed_at FROM tickets",
    );
    await service.doubt("updateTicketStatus");
    service.sandbox.setMood("throttle");
    await handIn(service, "createHelpdeskTicket", { customerName: NAME });
    await putOff(service.sql);
    const { data } = await service.execute(TicketDocument, { id: voice.payload!.ticket!.id });
    answers = { voice: voice.payload!, ticket: data.ticket };
  }
  const sql = opening.use(await sqlOn(place));
  return Object.assign(opening.move(), { place, sql, ...answers });
}

const exported = async (place: Pick<LedgerPlace, "url">, ...options: string[]) => {
  const { code, stdout, stderr } = await operate(place.url, ["export", ...options]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
};
const verified = async (place: Pick<LedgerPlace, "url">) =>
  JSON.parse((await operate(place.url, ["verify", "--json"])).stdout) as Record<string, unknown>;

async function listed(url: string, changes = {}): Promise<unknown> {
  return JSON.parse((await operate(url, ["list", "--json"], changes)).stdout) as unknown;
}

describe.each(ENGINES)("a copy of a ledger on %s", (engine) => {
  test("MUST be the same ledger on the other engine, and there and back: rows, keys and tickets", async () => {
    await using full = await startFull(engine);
    await using other = await placeFor(OTHER[engine]);
    await using back = await placeFor(engine);
    using files = temporaryFiles();

    const text = await exported(full.place);
    const there = await operate(other.url, ["import", files.write("there", text)]);
    const again = await operate(back.url, ["import", files.write("back", await exported(other))]);

    expect([there.code, again.code]).toEqual([0, 0]);
    const rows = await rowsIn(full.sql);
    expect(Object.values(rows).filter((some) => some.length === 0)).toEqual([]); // of every kind
    for (const place of [other, back]) {
      await using sql = await sqlOn(place);
      expect(await rowsIn(sql)).toEqual(rows);
      expect({ ...(await verified(place)), engine }).toEqual(await verified(full.place));
    }
    const { submissions } = (await listed(other.url)) as { submissions: { id: string; state: string }[] };
    const { id } = submissions.find(({ state }) => state === "QUEUED")!;
    expect((await operate(other.url, ["cancel", id, "--by", "Rina"])).code).toBe(0);
    const { stdout } = await operate(other.url, ["actions", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ actions: [{ nth: 1 }, { nth: 2, kind: "CANCEL" }] }); // after those that came
    await using service = await startService({ ledgerUrl: other.url });
    const replayed = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY, customerName: NAME });
    expect(replayed.payload).toMatchObject({ replayed: true, ticket: { id: full.ticket!.id } });
    expect((await service.execute(TicketDocument, { id: full.ticket!.id })).data.ticket).toEqual(full.ticket);
    expect(service.sandbox.received).toEqual([]);
  });

  test("MUST hold no personal data and need no key without details, and MUST be taken with that option alone", async () => {
    await using full = await startFull(engine);
    await using empty = await placeFor(engine);
    using files = temporaryFiles();

    const text = await exported(full.place, "--without-details");
    const file = files.write("export", text);
    const changes = { LEDGER_KEY: OTHER_KEY };
    const refused = await operate(empty.url, ["import", file], changes);
    const taken = await operate(empty.url, ["import", file, "--without-details"], changes);

    for (const said of ["Rina", "a note by her"]) {
      expect(await exported(full.place)).toContain(said);
      expect(text).not.toContain(said);
    }
    const sealed = await full.sql.run(
      "SELECT details AS bytes FROM submissions UNION ALL SELECT request FROM submissions UNION ALL SELECT details FROM tickets",
    );
    const texts = sealed.flatMap(({ bytes }) => (bytes instanceof Uint8Array ? bytes.toBase64() : []));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.filter((one) => text.includes(one))).toEqual([]);
    expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining("has no personal data") });
    expect(taken).toMatchObject({ code: 0 });
    expect(await listed(empty.url, changes)).toEqual(await listed(full.place.url));
  });
});

describe.each(ENGINES)("an import into %s", (engine) => {
  testTable<[change: (text: string) => string, refusal: string, settings?: Record<string, string>]>({
    "a file that was cut off": [(text) => text.slice(0, -200), "cut off or changed"],
    "one without its end": [(text) => text.split("\n").slice(0, -2).join("\n"), "cut off or changed"],
    "one with a changed row": [(text) => text.replace("CONFIRMED", "REJECTED"), "cut off or changed"],
    "one with more after its end": [(text) => `${text}{"tickets":{}}\n`, "cut off or changed"],
    "another file": [() => "a picture", "cut off or changed"],
    "an empty file": [() => "", "cut off or changed"],
    "rows of another table": [(text) => text.replace('{"ledger_keys"', '{"toString"'), "cut off or changed"],
    "an export of another key": [(text) => text, "another key has sealed it", { LEDGER_KEY: OTHER_KEY }],
    "a newer form": [(text) => text.replace(/0001_\w+/, "0002_newer"), "A newer version wrote this export"],
  })("MUST be refused with a sentence, and leave nothing, for %s", async (_, [change, refusal, settings = {}]) => {
    await using source = await closedOn("SQLite");
    await fillLedger(source, 1200, 1);
    await using target = await placeFor(engine);
    using files = temporaryFiles();
    const file = files.write("export", change(await exported(source)));

    const refused = await operate(target.url, ["import", file], settings);

    expect(refused).toMatchObject({ code: 78, stdout: "", stderr: expect.stringContaining(refusal) });
    await using sql = await sqlOn(target);
    expect((await sql.run("SELECT id FROM submissions").catch(() => [])).length).toBe(0);
    expect(await operate(target.url, ["import", files.write("whole", await exported(source))])).toMatchObject({
      code: 0,
    });
  });

  test("MUST be refused for a ledger that is not empty, and for a file that is not there", async () => {
    await using source = await closedOn(engine);
    await fillLedger(source, 10, 1);
    using files = temporaryFiles();
    const file = files.write("export", await exported(source));
    const before = await rowsIn(source.sql);

    expect(await operate(source.url, ["import", file])).toMatchObject({
      code: 78,
      stderr: "The ledger at DATABASE_URL is not empty. Take a new one.\n",
    });
    expect(await rowsIn(source.sql)).toEqual(before);
    expect(await operate(source.url, ["import", join(files.directory, "none")])).toMatchObject({
      code: 1,
      stderr: "Refused: The file cannot be read (ENOENT).\n",
    });
  });

  test("MUST leave nothing when it is killed, and work the next time", async () => {
    await using source = await closedOn("SQLite");
    await fillLedger(source, 30_000, 1);
    await using target = await placeFor(engine);
    using files = temporaryFiles();
    const file = files.write("export", await exported(source));
    const importing = spawnOperator(target.url, ["import", file]);
    importing.stderr.setEncoding("utf8");
    await once(importing.stderr, "data"); // ledger.made: the rows follow
    await sleep(300);
    importing.kill("SIGKILL");
    await once(importing, "exit");

    await using sql = await sqlOn(target);
    await expect.poll(() => sql.run("SELECT id FROM submissions")).toEqual([]);
    expect(await operate(target.url, ["import", file])).toMatchObject({ code: 0 });
    expect(await sql.run("SELECT count(*) AS count FROM submissions")).toMatchObject([{ count: expect.anything() }]);
  });
});

test("An export MUST end as refused when nobody takes it, and when its disk is full", async () => {
  await using source = await closedOn("SQLite");
  await fillLedger(source, 2000, 1);
  const { env } = operatorEnvironment(source.url);
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, ["dist/operator.js", "export"], { env, stdio: ["ignore", full, "pipe"] });
  closeSync(full);
  const closed = spawnOperator(source.url, ["export"]);
  closed.stdout.once("data", () => closed.stdout.destroy());

  const [[code], [other]] = (await Promise.all([once(child, "exit"), once(closed, "exit")])) as [[number], [number]];

  expect([code, other]).toEqual([1, 1]);
});

test("A copy MUST have all tables of the ledger but those that tell its form", async () => {
  await using place = await closedOn("SQLite");

  const own = "type = 'table' AND name NOT LIKE 'sqlite_%'";
  const tables = await place.sql.run(`SELECT name FROM sqlite_master WHERE ${own} ORDER BY name`);

  const ofForm = ["kysely_migration", "ledger_forms"];
  expect(tables.map(({ name }) => name)).toEqual([...Object.keys(TABLES), ...ofForm].toSorted());
});
