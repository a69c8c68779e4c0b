/** Arguments of the command line: half-given and contradictory ones change nothing. */
import { describe, expect, test } from "vitest";
import { argumentsIn, UsageError, optionsIn } from "../../src/operator/arguments.ts";
import { COMMANDS } from "../../src/operator/commands.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";
import { testTable } from "../support/test-table.ts";
import { operate } from "./operator-process.ts";

const TICKET = "690d950c5f287ad0ff3bd9tt";
/** Address at which no ledger is: a command that opened it would end with 78. */
const NOWHERE = "sqlite:/nowhere/ledger.db";

testTable<RegExp>({
  "doubts --all": /^Unknown option '--all'/,
  "doubts x": /^There are too many arguments/,
  "show ID ID": /^There are too many arguments/,
  show: /^ID is missing/,
  "show ": /^ID is missing/,
  "doubts --first 0": /^--first: The value must be from 1 to 1000/,
  "doubts --first 1001": /^--first: The value must be from 1 to 1000/,
  "doubts --after x": /^--after: The value must be the id of a submission/,
  "resolve ID --note n --by b": /^Give exactly one of --created, --not-created/,
  [`resolve ID --created ${TICKET} --not-created --note n --by b`]: /^Give exactly one of/,
  "resolve ID --applied --not-applied --note n --by b": /^Give exactly one of/,
  [`resolve ID --created ${TICKET} --created u --note n --by b`]: /^--created is given twice/,
  "resolve ID --created --note n --by b": /--created/,
  "resolve ID --created= --note n --by b": /^--created: This field must not be empty/,
  ...Object.fromEntries(
    [
      "32199",
      "#32199",
      "123456789012345",
      "50c9b6a1",
      "sociomile.example/ticket/690d950c5f287ad0ff3bd9d5",
      "690D950C5F287AD0FF3BD9D5",
      "01a21c0a-b4db-76c8-9736-705bad284bb8",
      "01a21c0ab4db76c89736705bad284bb8",
    ].map((other) => [`resolve ID --created ${other} --note n --by b`, /^--created: Give the ticket's id/]),
  ),
  "resolve ID --not-created=yes --note n --by b": /--not-created/,
  "resolve ID --not-created --number 1 --note n --by b": /^--number goes only/,
  [`resolve ID --created ${TICKET} --number 1x --note n --by b`]: /^--number: .* digits/,
  [`resolve ID --created ${TICKET} --by b`]: /^--note is missing/,
  [`resolve ID --created ${TICKET} --note %20 --by b`]: /^--note: This field must not be empty/,
  "resolve ID --applied --note a%0Ab --by b": /^--note: .* one line/,
  [`resolve ID --applied --note ${"n".repeat(256)} --by b`]: /^--note: .* at most 255/,
  [`resolve ID --created ${TICKET} --note n`]: /^--by is missing/,
  "cancel ID": /^--by is missing/,
  find: /^Give exactly one of --helpdesk-number/,
  "find --bsg-id 1 --ticket t": /^Give exactly one of/,
  "find --helpdesk-number 82x": /^--helpdesk-number: .* digits/,
  forget: /^TICKET is missing/,
  "forget a b": /^--by is missing/,
  "forget a b%20c --by b": /^The argument: Please enter an id/,
  customer: /^Give exactly one of --email, --phone, --name/,
  "customer --name a%20b --phone 0812": /^Give exactly one of/,
  "customer --name %20": /^--name: This field must not be empty/,
  "customer --name a": /^--name: Give all of it/,
  "customer --name a.": /^--name: Give all of it/,
  "customer --email @example.com": /^--email: Please enter one e-mail address/,
  "customer --phone 08": /^--phone: Please enter a phone number/,
  "customer%20export --name a%20b": /^--to is missing/,
  "customer%20forget --name a%20b --reason r --yes": /^--by is missing/,
  "customer%20forget --name a%20b --by b --yes": /^--reason is missing/,
  "verdicts --from yesterday": /^--from: Give a time such as/,
  "verdicts --from 2026-03-02T00:00Z --to 2026-03-01T00:00Z": /^--from lies after --to/,
  "list --since 1h --until 2h": /^--since lies after --until/,
  "resolve ID --created --number 3": /^Option '--created' .*\. Did you forget .*$/,
  "check ledger": /^There are too many arguments/,
})("MUST be refused before anything is opened: %s", (line, reason) => {
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
