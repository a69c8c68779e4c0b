import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, statSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { captured } from "../support/captured.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { type Sql, lockOn } from "../support/sql.ts";
import { type OperatedService, operate, spawnOperator, startOperatedService } from "./operator-process.ts";

/** A customer, and everything personal in their requests. */
const SITI = {
  customerName: "Siti Nurhalimah",
  customerEmail: "Siti.N@example.com",
  connectId: "siti.n@example.com",
  content: "kanari content of Siti",
};
const PHONE = "+6281234567890";
const RINA = ["--by", "Rina"];
const BY_NAME = ["--name", " siti NURHALIMAH ", ...RINA];
const WHY = ["--reason", "request 114"];
const FORGET = ["customer", "forget", ...BY_NAME, ...WHY, "--yes", "--json"];
const NOTHING = { tickets: [], submissions: [] };

/** Makes two tickets of Siti, one of them with an update in doubt, a queued request of hers, and a ticket of somebody else. */
async function startWithSiti(engine: (typeof ENGINES)[number]) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startOperatedService(engine));
  const create = async (name: "createHelpdeskTicket" | "createVoiceTicket", changes: object) =>
    (await mutate(service, name, { ...changes })).payload!;
  const other = await create("createVoiceTicket", {});
  const helpdesk = await create("createHelpdeskTicket", SITI);
  const voice = await create("createVoiceTicket", { ...SITI, customerPhone: PHONE });
  const update = await service.doubt("updateTicketStatus", { ticketId: voice.ticket!.id });
  const queuedId = await service.queue("createHelpdeskTicket", { ...SITI, helpdeskTicketNumber: "4711" });
  const tickets = [helpdesk.ticket!.id, voice.ticket!.id].toSorted();
  const submissions = [helpdesk.submission!.id, voice.submission!.id, update, queuedId].toSorted();
  const [voiceId, otherId] = [voice.ticket!.id, other.ticket!.id];
  const found = { tickets, submissions, update, queuedId, voiceId, otherId };
  const opened = opening.move();
  return { service, ...found, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function foundBy(service: OperatedService, ...who: string[]) {
  const found = (await service.json("customer", "show", ...who)) as Record<string, { id: string }[]>;
  return { tickets: idsIn(found["tickets"]), submissions: idsIn(found["submissions"]) };
}

function idsIn(some: { id: string }[] | undefined): string[] {
  return some!.map(({ id }) => id).toSorted();
}

describe.each(ENGINES)("a customer on %s", (engine) => {
  test("MUST be found by name, address and phone in the form of the boundary, and nobody else, in no output", async () => {
    await using scene = await startWithSiti(engine);
    const { service, tickets, submissions, voiceId } = scene;
    const all = { tickets, submissions };

    expect(await foundBy(service, ...BY_NAME)).toEqual(all);
    expect(await foundBy(service, "--email", " SITI.n@example.com\u200b", ...RINA)).toEqual(all);
    expect(await foundBy(service, "--phone", "+62 (812) 3456-7890", ...RINA)).toMatchObject({ tickets: [voiceId] });
    for (const another of ["Siti", "undefined"])
      // an update has no name
      expect(await foundBy(service, "--name", another, ...RINA)).toEqual(NOTHING);
    const byPipe = ["customer", "show", "--name", "-", "--json", ...RINA];
    const piped = await operate(service.ledgerUrl, byPipe, {}, "siti nurhalimah\n");
    expect(idsIn((JSON.parse(piped.stdout) as { tickets: { id: string }[] }).tickets)).toEqual(tickets);
    const { stdout, stderr } = await service.run("customer", "show", ...BY_NAME);
    for (const id of [...tickets, ...submissions]) expect(stdout).toContain(id);
    expect(stdout + stderr).not.toMatch(/siti|kanari|6281234567890/i);
  });

  test("MUST be found by what Sociomile reported, and by a contact that is an address; unreadable texts are a refusal, as they may be theirs", async () => {
    await using service = await startOperatedService(engine);
    const { connectId } = SITI;
    const { ticket, submission } = (await mutate(service, "createHelpdeskTicket", { connectId })).payload!;
    await mutate(service, "updateTicketStatus", { ticketId: ticket!.id });
    const byName = ["--name", HELPDESK_TICKET.customerName, ...RINA];
    const found = { tickets: [ticket!.id] };

    expect(await foundBy(service, "--email", connectId, ...RINA)).toMatchObject(found);
    expect(await service.sql.run("SELECT id FROM tickets")).toEqual([{ id: ticket!.id }]);
    await service.sql.run("UPDATE submissions SET details = NULL");
    expect(await foundBy(service, ...byName)).toMatchObject(found);
    await service.change(submission!.id, "details = ?", Buffer.alloc(40));
    const refused = "Refused: 1 texts cannot be read, and may be theirs: look with `verify`.\n";
    expect(await service.run("customer", "show", ...byName)).toEqual({
      code: 1,
      stdout: expect.stringContaining(ticket!.id),
      stderr: refused,
    });
  });

  test("MUST get everything that is stored", async () => {
    await using scene = await startWithSiti(engine);
    const { service, tickets, submissions, queuedId, voiceId } = scene;

    const { code, stdout: text } = await service.run("customer", "export", ...BY_NAME);

    expect(code).toBe(0);
    const data = JSON.parse(text) as Record<string, { id: string }[]>;
    const { maskedTicketId } = VOICE_TICKET;
    const asShown = { id: voiceId, maskedTicketId, number: expect.any(String) as string };
    expect(data).toMatchObject({
      exportedAt: expect.stringMatching(/Z$/),
      details: [
        { details: { ...SITI, claimDate: "2025-10-23T08:54:08Z" } },
        { details: { ...SITI, customerPhone: PHONE, createdAt: expect.stringMatching(/Z$/) } },
        { id: queuedId, details: { ...SITI, amount: "200000" } },
      ],
      ticketsAsShown: expect.arrayContaining([expect.objectContaining(asShown)]),
      submissions: expect.arrayContaining([expect.objectContaining({ ticketId: tickets[0], actions: [] })]),
    });
    expect(idsIn(data["submissions"])).toEqual(submissions);
    expect(text).not.toContain(HELPDESK_TICKET.cardNumber);
    expect(text).not.toContain(VOICE_TICKET.customerEmail);
  });

  test("MUST leave a record of each showing and handing over with all ids, or an event where none can be written", async () => {
    await using scene = await startWithSiti(engine);
    const { service, tickets, submissions } = scene;
    const subjects = [...tickets, ...submissions].toSorted();

    await service.run("customer", "show", ...BY_NAME);
    await service.run("customer", "export", ...BY_NAME);
    await service.run("customer", "forget", ...BY_NAME, ...WHY); // nobody says yes
    await service.run("customer", "show", "--name", "nobody at all", ...RINA);
    const { actions } = await service.json("actions");
    await service.sql.run("ALTER TABLE action_subjects RENAME TO elsewhere");
    const { code, stdout, stderr } = await service.run("customer", "show", ...BY_NAME);

    const byRina = { client: "command line", person: "Rina", subjects };
    expect(actions).toMatchObject(["SHOW", "EXPORT", "SHOW"].map((kind) => ({ kind, ...byRina })));
    expect([code, stdout]).toEqual([0, expect.stringContaining(tickets[0]!)]);
    const lost = { event: "action.not_recorded", kind: "SHOW", by: "command line", byPerson: "Rina" };
    const reported = JSON.parse(stderr) as { subjects: string[] };
    expect([reported, reported.subjects.toSorted()]).toMatchObject([lost, subjects]);
  });

  test("MUST be erased after a yes, with a protocol of exactly that, and stand in no file and no output", async () => {
    await using scene = await startWithSiti(engine);
    const { service, tickets, submissions, queuedId, otherId } = scene;
    const sealed = await sealedTexts(service);
    expect(await singingFiles(service, [])).toEqual([]); // no word of hers, also of what is queued
    expect(await singingFiles(service, sealed)).not.toEqual([]);

    const preview = await service.run("customer", "forget", ...BY_NAME, ...WHY);
    const refused = "Refused: Nothing is erased without a yes, or --yes.\n";
    expect(preview).toMatchObject({ code: 1, stderr: refused });
    for (const id of [...tickets, ...submissions]) expect(preview.stdout).toContain(id);
    expect(await foundBy(service, ...BY_NAME)).toEqual({ tickets, submissions });

    const done = await service.run(...FORGET);

    expect(done.code).toBe(0);
    const { erased, cancelled, ...protocol } = JSON.parse(done.stdout) as Record<string, string[]>;
    expect([erased!.toSorted(), cancelled]).toEqual([tickets, [queuedId]]);
    expect(protocol).toEqual({
      by: "Rina",
      reason: "request 114",
      foundBy: "name",
      beganAt: expect.stringMatching(/Z$/),
      endedAt: expect.stringMatching(/Z$/),
      open: [],
      notReached: expect.stringContaining("Sociomile"),
    });
    const ofQueued = ["submission.cancelled", "submission.forgotten"];
    const events = captured(done.stderr, /"event":"([^"]+)"/g).toSorted();
    expect(events).toEqual([...ofQueued, "ticket.forgotten", "ticket.forgotten"]);
    expect(await foundBy(service, ...BY_NAME)).toEqual(NOTHING);
    expect(await foundBy(service, "--name", VOICE_TICKET.customerName, ...RINA)).toMatchObject({ tickets: [otherId] });
    const erasure = { kind: "FORGET", person: "Rina", note: "request 114" };
    const reported = await service.json("actions", tickets[0]!);
    expect(reported["actions"]).toMatchObject([{ kind: "SHOW" }, { kind: "SHOW" }, erasure]);
    expect(preview.stdout + done.stdout + done.stderr).not.toMatch(/siti|kanari|6281234567890/i);
    // PostgreSQL keeps a row that a statement of the running service may still see, until the next vacuum.
    await expect.poll(() => singingFiles(service, sealed)).toEqual([]);
    const again = await service.run("customer", "forget", ...BY_NAME, ...WHY, "--yes");
    expect(again).toEqual({ code: 0, stdout: "There is no such submission or ticket.\n", stderr: "" });
  });

  test("MUST be erased also while an update is being sent, or a delivery is in doubt", async () => {
    await using scene = await startWithSiti(engine);
    const { service, tickets, update, queuedId } = scene;
    const sealed = await sealedTexts(service);
    await service.change(update, "state = 'SENDING', sent_at = 9e12");
    await service.change(queuedId, "state = 'UNCERTAIN', reason = 'OWNER_DIED'");

    const { code, stdout } = await service.run(...FORGET);

    const { open, erased } = JSON.parse(stdout) as Record<string, string[]>;
    expect([code, open, erased!.toSorted()]).toEqual([0, [], [...tickets, queuedId].toSorted()]);
    await expect.poll(() => singingFiles(service, sealed)).toEqual([]);
    expect(await foundBy(service, ...BY_NAME)).toEqual(NOTHING);
  });
});

/** Everything sealed that is Siti's. Plain text of her lies nowhere. */
async function sealedTexts({ sql }: OperatedService): Promise<Uint8Array[]> {
  const rows = await sql.run(
    "SELECT details AS sealed FROM submissions WHERE details IS NOT NULL UNION ALL SELECT request FROM submissions WHERE request IS NOT NULL",
  );
  return rows.slice(1).map(({ sealed }) => sealed as Uint8Array); // the first one is somebody else's
}

/** Names of the database's files, the write-ahead log included, that hold a sealed text or a word of Siti. PostgreSQL's log is not emptied. */
async function singingFiles({ ledgerUrl, sql }: OperatedService, sealed: Uint8Array[]): Promise<string[]> {
  const isSqlite = ledgerUrl.startsWith("sqlite:");
  if (!isSqlite) await sql.run("VACUUM FULL submissions");
  return (await filesOfDatabase(ledgerUrl, sql)).filter((path) => {
    // In this process, reading a file of SQLite would release the locks of the service on it.
    const bytes = isSqlite ? execFileSync("cat", [path]) : readIfThere(path);
    if (bytes === null) return false;
    if (["Siti Nur", "Siti.N@", "kanari content", PHONE].some((text) => bytes.includes(text))) return true;
    return !path.includes("pg_wal") && sealed.some((text) => bytes.includes(text));
  });
}

/** Finds every file of a database: SQLite's with its log, or those of this database and the write-ahead log of PostgreSQL. */
async function filesOfDatabase(url: string, sql: Sql): Promise<string[]> {
  if (url.startsWith("sqlite:")) return globSync(`${url.slice("sqlite:".length)}*`);
  await sql.run("CHECKPOINT");
  const [row] = await sql.run(
    "SELECT current_setting('data_directory') AS root, oid FROM pg_database WHERE datname = current_database()",
  );
  const root = String(row!["root"]);
  return [`base/${String(row!["oid"])}/*`, "pg_wal/*"].flatMap((pattern) => globSync(`${root}/${pattern}`));
}

/** Reads a file of a database that is in use. Null: it is no file, or is gone by now, as a part of a log that is not needed any more. */
function readIfThere(path: string): Buffer | null {
  try {
    return statSync(path).isFile() ? readFileSync(path) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

describe("an erasure", () => {
  test("MUST leave nothing in SQLite's file of recent changes, or be refused while somebody reads, also when a request alone was taken back", async () => {
    await using service = await startOperatedService("SQLite");
    await mutate(service, "createVoiceTicket");
    await service.queue("createHelpdeskTicket", SITI);
    const sealed = await sealedTexts(service);
    const forget = () => service.run("customer", "forget", ...BY_NAME, ...WHY, "--yes");
    await service.sql.run("BEGIN");
    await service.sql.run("SELECT count(*) FROM submissions");

    const beside = await forget();
    const again = await forget();
    await service.sql.run("COMMIT");
    expect(await singingFiles(service, sealed)).not.toEqual([]);
    const alone = await forget();

    for (const { code, stderr } of [beside, again])
      expect([code, stderr]).toEqual([1, expect.stringContaining("file of recent changes")]);
    expect(alone).toEqual({ code: 0, stdout: "There is no such submission or ticket.\n", stderr: "" });
    expect(await singingFiles(service, sealed)).toEqual([]);
  });

  test("MUST end with its protocol at a signal, and be finished by the same command", async () => {
    await using scene = await startWithSiti("SQLite");
    const { service, tickets, queuedId } = scene;
    const lock = await lockOn({ url: service.ledgerUrl });
    const child = spawnOperator(service.ledgerUrl, FORGET);
    onTestFinished(() => void child.kill("SIGKILL"));
    const reported = textOf(child.stdout);
    // Signals that the process handles, by bits: SIGHUP is the first one.
    const handled = () =>
      Number.parseInt(/^SigCgt:.*(.)$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]!, 16);

    await expect.poll(() => handled() & 1, { timeout: 60_000 }).toBe(1);
    child.kill("SIGHUP");
    const [code] = await once(child, "exit");
    await lock.release();

    expect(code).toBe(1);
    const { open } = JSON.parse(await reported) as { open: string[] };
    expect(open.toSorted()).toEqual([queuedId, ...tickets].toSorted());
    expect((await service.run(...FORGET)).code).toBe(0);
  });
});

test("An erasure during which the ledger fails MUST name the ticket whose end is not known, and be finished by the same command on PostgreSQL", async () => {
  await using database = await faultyDatabase(inject("postgresUrl"));
  const { url, network } = database.ways[0]!;
  await using service = await startService({ ledgerUrl: database.directUrl });
  const tickets: string[] = [];
  for (let nth = 0; nth < 3; nth++)
    tickets.push((await mutate(service, "createHelpdeskTicket", SITI)).payload!.ticket!.id);
  const met = network.next(/^commit/i, "loseAnswer");

  const failed = await operate(url, FORGET);
  await met;
  const finished = await operate(url, FORGET);

  const [first, second] = [failed, finished].map(
    ({ stdout }) => JSON.parse(stdout) as Partial<Record<"erased" | "open", string[]>>,
  );
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("Repeat the command.") });
  expect(first!.open).toHaveLength(1);
  expect([...first!.erased!, ...first!.open!].toSorted()).toEqual(tickets.toSorted());
  // The event of the ticket under `open` comes only when the ledger answers before the command ends.
  const reported = captured(failed.stderr, /"ticketId":"(\w+)"/g);
  expect(reported).toEqual(expect.arrayContaining(first!.erased!));
  expect(new Set(reported).size).toBe(reported.length);
  expect([finished.code, second]).toEqual([0, NOTHING]);
});

test("What begins while a person is asked MUST be left open, and be found by the same command", async () => {
  await using scene = await startWithSiti("SQLite");
  const { service, tickets, queuedId } = scene;
  const args = ["customer", "forget", ...BY_NAME, ...WHY, "--json"];
  const child = spawnOperator(service.ledgerUrl, args, {}, { atTerminal: true });
  onTestFinished(() => void child.kill());
  let terminal = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (terminal += text));
  await expect.poll(() => terminal, { timeout: 60_000 }).toContain("Type yes: ");
  const answered = Promise.withResolvers<void>();
  service.sandbox.setMood("slow", { until: answered.promise });
  const before = service.sandbox.received.length;
  const create = mutate(service, "createHelpdeskTicket", SITI);
  await expect.poll(() => service.sandbox.received.length).toBeGreaterThan(before);

  child.stdin.write("yes\n");
  const [code] = await once(child, "exit");
  answered.resolve();
  const { submission, ticket } = (await create).payload!;

  const { open, erased, cancelled } = JSON.parse(/^\{\r?\n[^]*^\}/m.exec(terminal)![0]) as Record<string, string[]>;
  expect([code, open, erased!.toSorted(), cancelled]).toEqual([1, [submission!.id], tickets, [queuedId]]);
  expect(await foundBy(service, ...BY_NAME)).toMatchObject({ tickets: [ticket!.id] });
  expect((await service.run(...FORGET)).code).toBe(0);
  expect(await foundBy(service, ...BY_NAME)).toEqual(NOTHING);
});

test.each([
  ["yes", 0],
  ["no", 1],
])("A person at a terminal MUST see the progress and what will be erased, and decide: %s", async (answer, expected) => {
  await using scene = await startWithSiti("SQLite");
  const { service, tickets } = scene;
  const args = ["customer", "forget", ...BY_NAME, ...WHY];
  const child = spawnOperator(service.ledgerUrl, args, {}, { atTerminal: true });
  onTestFinished(() => void child.kill());
  const shown = textOf(child.stdout);
  child.stdin.write(`${answer}\n`);
  const code = await new Promise((resolve) => child.once("exit", resolve));

  const terminal = await shown;
  expect(code).toBe(expected);
  expect(terminal).toMatch(/4 texts read, of submissions until \d{4}-\d\d-\d\dT/);
  expect(terminal).toMatch(new RegExp(`${tickets[0]}[^]*Erase this\\? Type yes: `));
  const { tickets: left } = await foundBy(service, ...BY_NAME);
  expect(left).toEqual(answer === "yes" ? [] : tickets);
});
