/** Arguments of the command line: half-given and contradictory ones change nothing. */
import { describe, expect, test } from "vitest";
import { argumentsIn, UsageError, optionsIn } from "../../src/operator/arguments.ts";
import { COMMANDS } from "../../src/operator/commands.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";
import { operate } from "./operator-process.ts";

const TICKET = "690d950c5f287ad0ff3bd9tt";
/** Address at which no ledger is: a command that opened it would end with 78. */
const NOWHERE = "sqlite:/nowhere/ledger.db";

test.each<[string, string, RegExp]>([
  ["an unknown option", "doubts --all", /^Unknown option '--all'/],
  ["an argument too much", "doubts x", /^There are too many arguments/],
  ["two ids", "show ID ID", /^There are too many arguments/],
  ["no id", "show", /^ID is missing/],
  ["an empty id", "show ", /^ID is missing/],
  ["a page of none", "doubts --first 0", /^--first: The value must be from 1 to 1000/],
  ["a page too large", "doubts --first 1001", /^--first: The value must be from 1 to 1000/],
  ["a page after no submission", "doubts --after x", /^--after: The value must be the id of a submission/],
  ["no verdict", "resolve ID --note n --by b", /^Give exactly one of --created, --not-created/],
  ["two verdicts", `resolve ID --created ${TICKET} --not-created --note n --by b`, /^Give exactly one of/],
  ["opposite verdicts", "resolve ID --applied --not-applied --note n --by b", /^Give exactly one of/],
  ["two tickets", `resolve ID --created ${TICKET} --created u --note n --by b`, /^--created is given twice/],
  ["a verdict without its ticket", "resolve ID --created --note n --by b", /--created/],
  ["an empty ticket", "resolve ID --created= --note n --by b", /^--created: This field must not be empty/],
  ...[
    "32199",
    "#32199",
    "123456789012345",
    "50c9b6a1",
    "sociomile.example/ticket/690d950c5f287ad0ff3bd9d5",
    "690D950C5F287AD0FF3BD9D5",
    "01a21c0a-b4db-76c8-9736-705bad284bb8",
    "01a21c0ab4db76c89736705bad284bb8",
  ].map((other): [string, string, RegExp] => [
    `${other} for a ticket`,
    `resolve ID --created ${other} --note n --by b`,
    /^--created: Give the ticket's id/,
  ]),
  ["a value for a flag", "resolve ID --not-created=yes --note n --by b", /--not-created/],
  ["a number without a ticket", "resolve ID --not-created --number 1 --note n --by b", /^--number goes only/],
  [
    "letters in a number",
    `resolve ID --created ${TICKET} --number 1x --note n --by b`,
    /^--number: .* digits/,
  ],
  ["no note", `resolve ID --created ${TICKET} --by b`, /^--note is missing/],
  [
    "a blank note",
    `resolve ID --created ${TICKET} --note %20 --by b`,
    /^--note: This field must not be empty/,
  ],
  ["two lines of note", "resolve ID --applied --note a%0Ab --by b", /^--note: .* one line/],
  ["a long note", `resolve ID --applied --note ${"n".repeat(256)} --by b`, /^--note: .* at most 255/],
  ["no name", `resolve ID --created ${TICKET} --note n`, /^--by is missing/],
  ["no name of who takes it back", "cancel ID", /^--by is missing/],
  ["nothing to find", "find", /^Give exactly one of --helpdesk-number/],
  ["two things to find", "find --bsg-id 1 --ticket t", /^Give exactly one of/],
  ["letters in a helpdesk number", "find --helpdesk-number 82x", /^--helpdesk-number: .* digits/],
  ["no ticket to forget", "forget", /^TICKET is missing/],
  ["nobody who forgets", "forget a b", /^--by is missing/],
  ["something that is no ticket id", "forget a b%20c --by b", /^The argument: Please enter an id/],
  ["no customer", "customer", /^Give exactly one of --email, --phone, --name/],
  ["two names of a customer", "customer --name a%20b --phone 0812", /^Give exactly one of/],
  ["an empty name", "customer --name %20", /^--name: This field must not be empty/],
  ["one letter", "customer --name a", /^--name: Give all of it/],
  ["one letter with a dot", "customer --name a.", /^--name: Give all of it/],
  ["half an address", "customer --email @example.com", /^--email: Please enter one e-mail address/],
  ["half a phone", "customer --phone 08", /^--phone: Please enter a phone number/],
  ["no file", "customer%20export --name a%20b", /^--to is missing/],
  ["nobody who erases", "customer%20forget --name a%20b --reason r --yes", /^--by is missing/],
  ["no reason", "customer%20forget --name a%20b --by b --yes", /^--reason is missing/],
  ["no time", "verdicts --from yesterday", /^--from: Give a time such as/],
  [
    "an option in place of a value",
    "resolve ID --created --number 3",
    /^Option '--created' .*\. Did you forget .*$/,
  ],
  ["something to check", "check ledger", /^There are too many arguments/],
])("MUST be refused before anything is opened: %s", (_, line, reason) => {
  const [name, ...args] = line.split(" ").map(decodeURIComponent);
  const command = COMMANDS.get(name!)!;
  const prepare = () => command.prepare(argumentsIn(command.usage, args), () => undefined);

  expect(prepare).toThrow(UsageError);
  expect(prepare).toThrow(reason);
});

test.each([
  ["no command", [], /\n\nA command is missing\.\n$/],
  ["an unknown command", ["doubt"], /\n\nThere is no such command\.\n$/],
  ["a command of every object", ["constructor"], /\n\nThere is no such command\.\n$/],
  ["a half-given verdict", ["resolve", "ID", "--created", TICKET, "--note", "n"], /\n\n--by is missing\.\n$/],
  ["hostile signs", ["doubts", "--\u001B[2J\u202E"], /\n\nUnknown option '--\\u\{1b\}\[2J\\u\{202e\}'.*\n$/],
])("MUST end with 64, with the usage and then the mistake: %s", async (_, args, mistake) => {
  const { code, stdout, stderr } = await operate(NOWHERE, args);

  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toMatch(/^Usage: /);
  expect(stderr).toMatch(mistake);
  expect(stderr).not.toMatch(/[^\P{Cc}\n]|\u202E/u);
});

test("MUST be explained on the pages for operators, command by command, with every option", () => {
  const page = repositoryText("docs/command-line.md");
  const closing = repositoryText("docs/operations.md").split("\n## Closing a doubt\n")[1]!;
  const explained = captured(page, /^\| `([a-z]+(?: (?:export|forget))?)(?: [^`]*)?` +\|/gm);
  const options = [...COMMANDS.values()].flatMap(({ usage }) => Object.keys(optionsIn(usage)));

  expect(explained).toEqual([...COMMANDS.keys(), "help"]);
  expect(options.length).toBeGreaterThan(20);
  expect(options.filter((option) => !(page + closing).includes(`--${option}`))).toEqual([]);
});

describe("the usage", () => {
  test("MUST be shown for help, without settings", async () => {
    const { code, stdout, stderr } = await operate(NOWHERE, ["help"], { ROUTER_SECRET: null });

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of COMMANDS.keys()) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(stdout).toContain("`npm run dev` has it at /operators.");
  });

  test("MUST be that of one command for --help", async () => {
    const { code, stdout } = await operate(NOWHERE, ["forget", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toContain("  forget TICKET");
    expect(stdout).not.toContain("  doubts");
  });
});
