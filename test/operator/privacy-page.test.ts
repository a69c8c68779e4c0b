/** The page for the data protection officer, followed as its reader would: every command on it is run, on a service with a past. */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { bytesOf } from "../../src/ledger/clock.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { createLogTo } from "../../src/telemetry/log.ts";
import { clientOf, postQuery } from "../support/client.ts";
import { CLIENT_SECRET_KEY, serviceConfig } from "../support/config.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, putOff } from "../support/queued.ts";
import { repositoryText } from "../support/repository.ts";
import { madeAt, makeOlder, sqlOn } from "../support/sql.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { operate, operatorEnvironment } from "./operator-process.ts";

/** Commands of the page, in order, each with the text before it. */
const BLOCKS = Array.from(
  repositoryText("docs/privacy.md").matchAll(/([^\n]*\n[^\n]*\n[^\n]*)\n\n +```sh\n([^]*?)```/g),
  ([, before, commands]) => ({ before: before!, commands: commands! }),
);
const DAY_MS = 86_400_000;
const BUDI = { customerEmail: "budi@example.com", customerName: "Budi Santoso" };

/** Without jq this test is skipped; in CI it must run. */
const hasJq = process.env["CI"] === "true" || spawnSync("jq", ["--version"]).status === 0;

describe.skipIf(!hasJq).each(ENGINES)("the page on privacy, beside a service on %s", (engine) => {
  const stack = new AsyncDisposableStack();
  const files = stack.use(temporaryFiles());
  const log = files.write("LOG", "");
  let ledgerUrl: string;
  let seenId: string;

  beforeAll(async () => {
    ({ url: ledgerUrl } = stack.use(await placeFor(engine)));
    const sandbox = stack.use(await startSandbox({ secret: CLIENT_SECRET_KEY, knowsAll: true }));
    const config = serviceConfig({ vendorUrl: sandbox.url, ledgerUrl, config: TRUSTS_ROUTER });
    const start = () => createApp(config, createLogTo({ write: (line) => appendFileSync(log, line) }, "info"));
    const app = await start();
    const omnix = clientOf(app.url, {
      ...ROUTER,
      "x-client-id": "omnix",
      "x-user-id": "rina",
      "x-scopes": "ticket:create ticket:read submission:read",
    });
    const run = async (...args: string[]) => appendFileSync(log, (await operate(ledgerUrl, args)).stderr);
    seenId = (await mutate(omnix, "createHelpdeskTicket", BUDI)).payload!.ticket!.id;
    const forgottenId = (await mutate(omnix, "createVoiceTicket")).payload!.ticket!.id;
    await postQuery(omnix, `query Look { ticket(id: "${seenId}") { customerName } }`);
    await run("forget", forgottenId, "--by", "Dewi");
    await run("customer", "show", "--name", BUDI.customerName, "--by", "Dewi");
    sandbox.setMood("cut-after", { times: 1 });
    const doubt = (await mutate(omnix, "createVoiceTicket")).payload!.submission!.id;
    await using sql = await sqlOn({ url: ledgerUrl });
    await makeOlder(sql, 7_200_000);
    await run("resolve", doubt, "--not-created", "--note", "looked", "--by", "Rina");
    await run(
      "resolve",
      "--correct",
      doubt,
      "--created",
      "690d950c5f287ad0ff3bd9t9",
      "--note",
      "found",
      "--by",
      "Dewi",
    );
    sandbox.setMood("unauthorized");
    const old = (await mutate(omnix, "createVoiceTicket")).payload!.submission!.id;
    const aged = "UPDATE submissions SET settled_at = settled_at - ? WHERE id = ?";
    await sql.run(aged, 31 * DAY_MS, bytesOf(old));
    await madeAt(sql, Date.now() - 31 * DAY_MS, old);
    const back = (await handIn(omnix, "createVoiceTicket")).submission!.id;
    await handIn(omnix, "createHelpdeskTicket", { ...BUDI, helpdeskTicketNumber: "4711" });
    await putOff(sql);
    await run("cancel", back, "--by", "Rina");
    await app.close();
    const again = await start(); // deletes what is old
    stack.defer(() => again.close());
    await vi.waitUntil(() => readFileSync(log, "utf8").includes("retention.deleted"), { timeout: 40_000 });
  });
  afterAll(() => stack.disposeAsync());

  /** Runs the commands below this text, with ids and days of this test in place of those of the page. */
  function follow(text: string): string {
    const block = BLOCKS.find(({ before }) => before.includes(text));
    expect([text, block !== undefined]).toEqual([text, true]);
    const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
    const commands = block!.commands
      .replaceAll("690d950c5f287ad0ff3bd9d5", seenId)
      .replaceAll(/2026-11-01|2026-01-01(?=T00:00Z)|2026-12-01|2027-01-01(?=T00:00Z)/g, (day) =>
        /^2026-(?:11|01)/.test(day) ? from! : to!,
      ); // at once: today's days may be those of the page
    const { env, line } = operatorEnvironment(ledgerUrl);
    const args = ["--norc", "-c", `operator() { ${line} "$@"; }\n${commands}`]; // bash takes the pipe of Node for a network's
    const options = { cwd: dirname(log), env: { ...env, PATH: process.env["PATH"] } };
    const { status, stdout, stderr } = spawnSync("bash", args, { ...options, encoding: "utf8" });
    expect([text, status, status === 0 ? "" : stderr]).toEqual([text, 0, ""]);
    return stdout;
  }

  test("MUST answer the ten questions of an auditor", () => {
    const look = `"client":"omnix","person":"rina","operationName":"Look","fields":["ticket"],"personal":true}`;
    expect(follow("Who has seen this ticket")).toContain(look);
    expect(follow("Which tickets did a client see").trim().split("\n")).toContain(seenId);
    expect(follow("Which persons have read personal data").trim()).toMatch(/^\d+ omnix rina$/);
    const done = follow("What have operators decided");
    expect(done).toMatch(/^"2[^"]+Z","VERDICT","Rina","NOT_CREATED","looked","[0-9a-f-]{36}"$/m);
    expect(done).toMatch(/^"2[^"]+Z","CANCEL","Rina",/m);
    expect(JSON.parse(follow("Which verdicts were corrected"))).toMatchObject({ person: "Dewi" });
    const deleted = JSON.parse(follow("What was deleted by age").trim()) as object;
    expect(deleted).toMatchObject({ table: "submissions", count: 1, cutOff: expect.stringMatching(/Z$/) });
    expect(follow("Is anything older than it may be")).toMatch(/^tickets +\S+Z +400 d /m);
    expect(JSON.parse(follow("What was erased on request"))).toMatchObject({ person: "Dewi" });
    expect(follow("Who was shown or given")).toMatch(/ SHOW +Dewi \(typed\) /);
    const newest = { newestSettled: expect.stringMatching(/Z$/) };
    expect(JSON.parse(follow("Up to which time does a backup reach"))).toMatchObject(newest);
  });

  test("MUST answer for a breach: whose data a client and a person saw", () => {
    for (const text of ["A client's token was stolen", "A person's account was misused"])
      expect(follow(text).trim().split("\n")).toContain(seenId);
    expect(follow("The customers of these tickets")).toMatch(/^tickets +\d+$/m);
  });

  test("MUST answer a customer: what is stored, its erasure, and the proof", () => {
    follow("What do you have of me?");
    const file = `${dirname(log)}/budi.json`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toContain("Budi Santoso");
    expect(follow("Erase it.")).toMatch(new RegExp(`^reason +request 114$[^]*^erased +${seenId}$`, "m"));
    expect(follow("Prove it.")).toBe("There is no such submission or ticket.\n");
  });

  test("MUST be tried here, command by command", () => {
    expect(BLOCKS).toHaveLength(16);
  });
});
