/** Output of the command line: rows and readers may be hostile. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { assert, dictionary, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, jsonOf, printable, table } from "../../operator/output.ts";
import { ENGINES } from "../support/ledgers.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { CREATED, type Ended, operatorEnvironment, spawnOperator, startOperatedService } from "./operator-process.ts";

/** Characters that clear the screen, turn text around, set the title, and end a line. */
const HOSTILE = "\u001B[2J\u009B31m\u202E\u001B]0;title\u0007\r\n\u{E0041}";
const OBEYED = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Cf}]/u;

test.each(ENGINES)("Rows with hostile text on %s MUST reach no terminal so, and programs in full", async (engine) => {
  await using service = await startOperatedService(engine);
  const id = await service.doubt("createVoiceTicket");
  await service.json("resolve", id, ...CREATED);
  await service.sql.run("UPDATE submissions SET source_ticket_id = ?, client_id = ?", HOSTILE, HOSTILE);
  await service.sql.run("UPDATE actions SET note = ?, person = ?", HOSTILE, HOSTILE);
  await service.sql.run("UPDATE submissions SET state = 'UNCERTAIN'");

  const outputs: Ended[] = [];
  for (const args of [["list"], ["show", id], ["list", "--ticket", "690d950c5f287ad0ff3bd9tt"]])
    for (const more of [[], ["--json"]]) outputs.push(await service.run(...args, ...more));

  expect(outputs.map(({ code }) => code)).toEqual(Array(6).fill(0));
  expect(outputs.filter(({ stdout }) => OBEYED.test(stdout))).toEqual([]);
  expect(outputs[0]!.stdout).toContain(String.raw`source \u{1b}[2J\u{9b}31m\u{202e}`);
  expect(JSON.parse(outputs[3]!.stdout)).toMatchObject({
    submission: { clientId: HOSTILE, actions: [{ note: HOSTILE, person: HOSTILE }] },
  });
});

test("A reader that has closed the pipe MUST change no exit code, and MUST NOT keep a verdict from being recorded", async () => {
  await using service = await startOperatedService("SQLite");
  const id = await service.doubt("createVoiceTicket");
  const unread = async (...args: string[]) => {
    const child = spawnOperator(service.ledgerUrl, args);
    child.stdout.destroy();
    child.stderr.destroy();
    return ((await once(child, "exit")) as [number])[0];
  };

  expect(await unread("list")).toBe(0);
  expect(await unread("show", "unknown")).toBe(1);
  expect(await unread("resolve", id, ...CREATED)).toBe(0);
  expect(await service.shown(id)).toMatchObject({ state: "CONFIRMED" });
});

test.each([
  ["a full device", "list --json > /dev/full"],
  ["a file that may not grow", "list --json > $FILE"],
])("A result MUST NOT be cut in silence by %s", async (_, command) => {
  await using service = await startOperatedService("SQLite");
  for (let nth = 0; nth < 3; nth++) await service.doubt("createHelpdeskTicket");
  using files = temporaryFiles();
  const { env, line } = operatorEnvironment(service.ledgerUrl);
  const FILE = files.write("result", "");

  const { status, stderr } = spawnSync("sh", ["-c", `ulimit -f 1; ${line} ${command}`], {
    env: { ...env, FILE },
    encoding: "utf8",
  });

  expect([status, stderr]).toEqual([1, expect.stringMatching(/^The result cannot be written \(E\w+\)\.\n$/)]);
});

describe("text for a terminal", () => {
  test("MUST hold nothing that a terminal obeys", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(cut(printable(text), 10).length).toBeLessThanOrEqual(20);
      }),
    );
  });

  test("MUST be the same JSON with every value", () => {
    assert(
      property(dictionary(string({ unit: "binary" }), string({ unit: "binary" })), (data) => {
        const json = jsonOf(data);
        expect(json).not.toMatch(OBEYED);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });

  test("MUST have its columns in line, none that is empty, and long values cut", () => {
    const rows = ["x".repeat(100), null].map((text) => ({ id: "01a2", text, none: null, endOf: "last" }));

    expect(table(rows).split("\n")).toEqual([
      `ID    TEXT${" ".repeat(56)}  END OF`,
      `01a2  ${"x".repeat(59)}…  last`,
      `01a2  ${" ".repeat(60)}  last`,
    ]);
  });
});
