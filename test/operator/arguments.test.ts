/** Arguments of the command line: half-given and contradictory ones change nothing. */
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/operator/commands.ts";
import { placeFor } from "../support/ledgers.ts";
import { openAt, intentOf, reserved, UNKNOWN } from "../support/opened.ts";
import { repositoryText } from "../support/repository.ts";
import { operate } from "./operator-process.ts";

const ID = "01a2131c-f44e-7ee8-b45f-65d6dc1cabdb";
const SIGNED = ["--note", "n", "--by", "b"];
const CARD = "4111 1111 1111 1111";

/** Address at which no ledger is: a command that opened it would end with 78. */
const NOWHERE = "sqlite:/nowhere/ledger.db";

test.each<[string, string[], RegExp]>([
  ["no command", [], /^A command is missing/],
  ["an unknown command", ["doubt"], /^There is no such command/],
  ["a command of every object", ["constructor"], /^There is no such command/],
  ["an unknown option", ["doubts", "--all"], /^Unknown option '--all'/],
  ["an argument too much", ["doubts", "x"], /^There are too many arguments/],
  ["two ids", ["show", ID, ID], /^There are too many arguments/],
  ["no id", ["show"], /^ID is missing/],
  ["an empty id", ["show", ""], /^ID is missing/],
  ["a page of none", ["doubts", "--first", "0"], /^--first: The value must be from 1 to 1000/],
  ["a page too large", ["doubts", "--first", "1001"], /^--first: The value must be from 1 to 1000/],
  [
    "a page after no submission",
    ["doubts", "--after", "x"],
    /^--after: The value must be the id of a submission/,
  ],
  ["no verdict", ["resolve", ID, ...SIGNED], /^Give exactly one of --created, --not-created/],
  ["two verdicts", ["resolve", ID, "--created", "t", "--not-created", ...SIGNED], /^Give exactly one of/],
  ["opposite verdicts", ["resolve", ID, "--applied", "--not-applied", ...SIGNED], /^Give exactly one of/],
  [
    "two tickets",
    ["resolve", ID, "--created", "t", "--created", "u", ...SIGNED],
    /^--created is given twice/,
  ],
  ["a verdict without its ticket", ["resolve", ID, "--created", ...SIGNED], /--created/],
  ["an empty ticket", ["resolve", ID, "--created=", ...SIGNED], /^--created: This field must not be empty/],
  ["a value for a flag", ["resolve", ID, "--not-created=yes", ...SIGNED], /--not-created/],
  [
    "a number without a ticket",
    ["resolve", ID, "--not-created", "--number", "1", ...SIGNED],
    /^--number goes only/,
  ],
  [
    "insisting without a ticket",
    ["correct", ID, "--applied", "--even-if-taken", ...SIGNED],
    /^--even-if-taken goes/,
  ],
  [
    "letters in a number",
    ["resolve", ID, "--created", "t", "--number", "1x", ...SIGNED],
    /^--number: .* digits/,
  ],
  ["no note", ["resolve", ID, "--created", "t", "--by", "b"], /^--note is missing/],
  [
    "a blank note",
    ["resolve", ID, "--created", "t", "--note", " ", "--by", "b"],
    /^--note: This field must not be empty/,
  ],
  [
    "a card number in a note",
    ["resolve", ID, "--applied", "--note", CARD, "--by", "b"],
    /^--note: .* card number/,
  ],
  ["two lines of note", ["resolve", ID, "--applied", "--note", "a\nb", "--by", "b"], /^--note: .* one line/],
  [
    "a long note",
    ["resolve", ID, "--applied", "--note", "n".repeat(256), "--by", "b"],
    /^--note: .* at most 255/,
  ],
  ["no name", ["resolve", ID, "--created", "t", "--note", "n"], /^--by is missing/],
  ["nothing to find", ["find"], /^Give exactly one of --helpdesk-number/],
  ["two things to find", ["find", "--bsg-id", "1", "--ticket", "t"], /^Give exactly one of/],
  ["letters in a helpdesk number", ["find", "--helpdesk-number", "82x"], /^--helpdesk-number: .* digits/],
  ["no ticket to forget", ["forget"], /^TICKET is missing/],
  ["two tickets to forget", ["forget", "a", "b"], /^There are too many arguments/],
  ["something that is no ticket id", ["forget", "a b"], /^The argument: Please enter an id/],
  ["something to check", ["check", "ledger"], /^There are too many arguments/],
])("MUST be answered with usage and 64: %s", async (_, args, reason) => {
  const { code, stdout, stderr } = await operate(NOWHERE, args);

  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toMatch(reason);
  expect(stderr).toContain("\nUsage: ");
});

test("MUST leave a doubt open after half-given arguments", async () => {
  await using place = await placeFor("SQLite");
  await using opened = await openAt(place);
  const intent = intentOf(null);
  const held = await reserved(opened.ledger, intent);
  const { id } = held;
  await opened.ledger.settle(held, intent.request, UNKNOWN, 1);
  const before = await opened.ledger.find(id);

  const { code } = await operate(place.url, ["resolve", id, "--created", "t", "--note", "n"]);

  expect(code).toBe(64);
  expect(before?.state).toBe("UNCERTAIN");
  expect(await opened.ledger.find(id)).toEqual(before);
  expect(await opened.ledger.resolutions([id])).toEqual([[]]);
});

test("MUST print control characters of a wrong argument as their numbers", async () => {
  const { code, stderr } = await operate(NOWHERE, ["doubts", "--\u001B[2J\u202E"]);

  expect(code).toBe(64);
  expect(stderr).toContain(String.raw`\u{1b}[2J\u{202e}`);
  expect(stderr).not.toMatch(/[^\P{Cc}\n]|\u202E/u);
});

test("MUST be explained on the pages for operators, command by command, with every option", () => {
  const page = repositoryText("docs/command-line.md");
  const closing = repositoryText("docs/operations.md").split("\n## Closing a doubt\n")[1]!;
  const explained = Array.from(page.matchAll(/^\| `([a-z]+)(?: [^`]*)?` +\|/gm), ([, name]) => name);
  const options = [...COMMANDS.values()].flatMap(({ options: some }) => Object.keys(some));

  expect(explained).toEqual([...COMMANDS.keys(), "help"]);
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((option) => !(page + closing).includes(`--${option}`))).toEqual([]);
});

describe("the usage", () => {
  test("MUST be shown for help, without settings", async () => {
    const { code, stdout, stderr } = await operate(NOWHERE, ["help"], { ROUTER_SECRET: null });

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["doubts", "show", "resolve", "correct", "find", "forget", "check", "verify"])
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  });

  test("MUST be that of one command for --help", async () => {
    const { code, stdout } = await operate(NOWHERE, ["forget", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toContain("  forget TICKET");
    expect(stdout).not.toContain("  doubts");
  });
});
