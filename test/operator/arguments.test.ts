/** Arguments of the command line: half-given and contradictory ones change nothing. */
import { describe, expect, test } from "vitest";
import { type CommandUnknownOpts, CommanderError } from "@commander-js/extra-typings";
import { prepareIn } from "../../operator/command.ts";
import { operator } from "../../operator/commands.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";
import { testTable } from "../support/test-table.ts";
import { operate } from "./operator-process.ts";

const TICKET = "690d950c5f287ad0ff3bd9tt";
/** Address at which no ledger is: a command that opened it would end with 78. */
const NOWHERE = "sqlite:/nowhere/ledger.db";
/** Values that an operator may take for the id of a ticket. */
const NO_IDS =
  `32199 #32199 123456789012345 50c9b6a1 sociomile.example/ticket/690d950c5f287ad0ff3bd9d5 ABCDEFGHIJKLMNOPQRST
  01a21c0a-b4db-76c8-9736-705bad284bb8 01a21c0ab4db76c89736705bad284bb8`.split(/\s+/);

testTable<RegExp>({
  "list --all": /unknown option '--all'/,
  "list x": /too many arguments/,
  "show ID ID": /too many arguments/,
  show: /missing required argument 'id'/,
  "show ": /argument 'id'. This field must not be empty/,
  "list --first 0": /--first <n>.* The value must be from 1 to 1000/,
  "list --first 1001": /--first <n>.* The value must be from 1 to 1000/,
  "list --after x": /--after <id>.* The value must be the id of a submission/,
  "resolve ID --note n --by b": /^Give exactly one of --created, --not-created/,
  [`resolve ID --created ${TICKET} --not-created --note n --by b`]: /^Give exactly one of/,
  [`resolve ID --created ${TICKET} --created u --note n --by b`]: /^--created is given twice/,
  "resolve ID --created --note n --by b": /^--created has no value/,
  "resolve ID --created= --note n --by b": /--created <ticket>.* This field must not be empty/,
  ...Object.fromEntries(
    NO_IDS.map((other) => [
      `resolve ID --created ${other} --note n --by b`,
      /--created <ticket>.* Give the ticket's id/,
    ]),
  ),
  "resolve ID --not-created=yes --note n --by b": /unknown option '--not-created=yes'/,
  "resolve ID --not-created --number 1 --note n --by b": /^--number goes only/,
  [`resolve ID --created ${TICKET} --number 1x --note n --by b`]: /--number <n>.* digits/,
  [`resolve ID --created ${TICKET} --by b`]: /required option '--note <text>' not specified/,
  [`resolve ID --created ${TICKET} --note %20 --by b`]: /--note <text>.* This field must not be empty/,
  "resolve ID --not-created --note a%0Ab --by b": /--note <text>.* one line/s,
  [`resolve ID --not-created --note ${"n".repeat(256)} --by b`]: /--note <text>.* at most 255/,
  [`resolve ID --created ${TICKET} --note n`]: /required option '--by <name>' not specified/,
  "cancel ID": /required option '--by <name>' not specified/,
  "retry ID": /required option '--by <name>' not specified/,
  "retry --all-queued": /required option '--by <name>' not specified/,
  "retry ID --all-queued --by b": /^Give the id of a submission, or --all-queued/,
  "cancel --by b": /^Give the id of a submission, or --all-queued/,
  "list --bsg-id 1 --ticket t": /^Give exactly one of/,
  "list --helpdesk-number 82x": /--helpdesk-number <value>.* digits/,
  "forget --by b": /missing required argument 'id'/,
  "forget a b": /required option '--by <name>' not specified/,
  "forget a b%20c --by b": /argument 'id'. Please enter an id/,
  customer: /^Give one of show, export, forget/,
  "customer show --by b": /^Give exactly one of --email, --phone, --name/,
  "customer show --by b --name a%20b --phone 0812": /^Give exactly one of/,
  "customer show --by b --name %20": /This field must not be empty/,
  "customer show --by b --name a": /^--name: Enter the full value/,
  "customer show --by b --name a.": /^--name: Enter the full value/,
  "customer show --by b --email @example.com": /^Please enter one e-mail address/,
  "customer show --by b --phone 08": /^Please enter a phone number/,
  "customer show --name a%20b": /required option '--by <name>' not specified/,
  "customer export --name a%20b": /required option '--by <name>' not specified/,
  "customer forget --name a%20b --reason r --yes": /required option '--by <name>' not specified/,
  "customer forget --name a%20b --by b --yes": /required option '--reason <text>' not specified/,
  "actions --from yesterday": /--from <time>.* Give a time such as/,
  "actions --from 2026-03-02T00:00Z --to 2026-03-01T00:00Z": /^--from lies after --to/,
  "list --since 1h --until 2h": /^--since lies after --until/,
  "resolve ID --created --number 3": /^--created has no value/,
  "check ledger": /too many arguments/,
  "cancel ID --by --dry-run": /^--by has no value/,
  "list --state GONE": /Allowed choices are .*UNCERTAIN/,
  "resolve ID --applied --note n --by b": /unknown option '--applied'/,
  "rehearse --refusals --twice": /^--twice does not go/,
  "export --json": /^An export is JSON already/,
  import: /missing required argument 'file'/,
})("MUST be refused before anything is opened: %s", (line, reason) => {
  const prepare = () => prepareIn(operator, line.split(" ").map(decodeURIComponent));

  expect(prepare).toThrow(CommanderError);
  expect(prepare).toThrow(reason);
});

test.each([
  ["no command", [], /^A command is missing\.\n/],
  ["a slip in a command", ["lst"], /^unknown command 'lst'\n\(Did you mean list\?\)\n/],
  ["a command of every object", ["constructor"], /^unknown command 'constructor'\n/],
  ["a slip in an option", ["list", "--resaon"], /^unknown option '--resaon'\n\(Did you mean --reason\?\)\n/],
  ["a half-given verdict", ["resolve", "ID", "--created", TICKET, "--note", "n"], /'--by <name>' not specified\n/],
  ["hostile signs", ["list", "--\u001B[2J\u202E"], /^unknown option '--\\u\{1b\}\[2J\\u\{202e\}'.*\n/],
])("MUST end with 64, and with the mistake in a few lines: %s", async (_, args, mistake) => {
  const { code, stdout, stderr } = await operate(NOWHERE, args);

  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toMatch(mistake);
  expect(stderr.split("\n").length).toBeLessThanOrEqual(10);
  expect(stderr).not.toMatch(/[^\P{Cc}\n]|\u202E/u);
});

/** Returns commands with those below them, by their words. */
function commandsBelow(line: CommandUnknownOpts, words: string[] = []): [words: string, form: CommandUnknownOpts][] {
  return line.commands.flatMap((form) => {
    const own = [...words, form.name()];
    return [[own.join(" "), form], ...commandsBelow(form, own)] as [string, CommandUnknownOpts][];
  });
}
const COMMANDS = new Map(commandsBelow(operator));

test("MUST be explained on the pages for operators, command by command, with every option", () => {
  const page = repositoryText("docs/command-line.md");
  const closing = repositoryText("docs/operations.md").split("\n## Closing a doubt\n")[1]!;
  const explained = captured(page, /^- `([a-z][a-z-]*(?: (?:show|export|forget))?)(?: [^`]*)?`[:,]/gm);
  const options = [...COMMANDS.values()].flatMap((form) => form.options.map(({ long }) => long!));

  expect(explained.toSorted()).toEqual([...COMMANDS.keys(), "help"].toSorted());
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((option) => !(page + closing).includes(option))).toEqual([]);
});

describe("the help", () => {
  test("MUST be shown without settings", async () => {
    const { code, stdout, stderr } = await operate(NOWHERE, ["help"], { ROUTER_SECRET: null });

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const form of operator.commands) expect(stdout).toMatch(new RegExp(`^  ${form.name()}\\b`, "m"));
  });

  test("MUST be that of one command for --help, with what must be given", async () => {
    const { code, stdout } = await operate(NOWHERE, ["forget", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: operator forget \[options\] <id\.\.\.> --by <name>\n/);
    expect(stdout).not.toContain("  doubts");
  });
});

test("The version MUST be printed alone, without settings", async () => {
  const { version } = JSON.parse(repositoryText("package.json")) as { version: string };

  const printed = await operate(NOWHERE, ["--version"], { ROUTER_SECRET: null });

  expect(printed).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});
