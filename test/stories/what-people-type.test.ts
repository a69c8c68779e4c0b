/**
 * Inputs as front ends of Indonesian banks send them, with what Sociomile receives or what the caller is told. The table for front ends is
 * the test's table. The types of fields have tests of their own, in test/tickets/fields.
 */
import { isInputObjectType } from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { repositoryText } from "../support/repository.ts";
import { sharedService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

/** Rows of the page's table: field, JSON that is typed, JSON that Sociomile receives, or words. */
const ROWS = Array.from(
  repositoryText("docs/front-ends.md").matchAll(/^\| `(\w+)` +\| `(".*?")` +\| (?:`(.+?)`|(.+?)) +\|$/gm),
  ([, field = "", typed = "", receives, words]) => [field, typed, receives ?? words ?? ""] as const,
);

/** Name of a field in Sociomile's document. It ends the field's description. */
function vendorFieldOf(name: MutationName, field: string): string {
  const input = schema.getType(`${name[0]!.toUpperCase()}${name.slice(1)}Input`);
  const description = isInputObjectType(input) ? input.getFields()[field]?.description : undefined;
  return /`([^`]+)`$/.exec(description ?? "")?.[1] ?? "";
}

const mutationWith = (field: string) =>
  (Object.keys(MUTATIONS) as MutationName[]).find((name) => field in MUTATIONS[name].example) ??
  "createHelpdeskTicket";

const service = sharedService();

test("The table for front ends MUST be seen by this test", () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(45);
});

const isWrong = ([, , result]: (typeof ROWS)[number]) => result.startsWith("refused: ");

async function typing(name: MutationName, field: string, json: string) {
  const before = service.sandbox.received.length;
  const { payload, errors } = await mutate(service, name, { [field]: JSON.parse(json) as string });
  return { problems: payload?.problems, errors, wasSent: service.sandbox.received.length > before };
}

test.each(ROWS.filter(isWrong))(
  "%s MUST be refused, as the page for front ends says: %s, %s",
  async (field, typed) => {
    const { errors, problems, wasSent } = await typing(mutationWith(field), field, typed);

    expect(errors).toBeUndefined();
    expect(problems).toMatchObject([{ code: "INVALID_INPUT", field }]);
    expect(wasSent).toBe(false);
  },
);

test.each(ROWS.filter((row) => !isWrong(row)))(
  "%s MUST be read as the page for front ends says: %s becomes %s",
  async (field, typed, json) => {
    const name = mutationWith(field);

    const { errors, problems, wasSent } = await typing(name, field, typed);

    expect({ errors, problems, wasSent }).toEqual({ errors: undefined, problems: [], wasSent: true });
    expect(wireValue(service.lastBody(), vendorFieldOf(name, field)) ?? "nothing").toBe(json);
  },
);

const NOT_EXACT =
  "A JSON number is accepted only when it is a whole number up to 9007199254740991, without decimals or exponent.";

test.each<[habit: string, MutationName, field: string, number: string, type: string, advice: string]>([
  [
    "a point between the thousands",
    "createHelpdeskTicket",
    "amount",
    "200.000",
    "Rupiah",
    'Send the amount as a string, such as "200000" or "200000.75".',
  ],
  [
    "too many digits",
    "createHelpdeskTicket",
    "accountNumber",
    "9007199254740993",
    "Digits",
    'Send a string of digits, such as "826282".',
  ],
  ["too many digits", "updateTicketStatus", "ticketId", "9007199254740993", "ID", "Send the id as a string."],
])(
  "A program MUST be told what would be right instead of %s (%s, %s)",
  async (_, name, field, number, type, advice) => {
    const { errors } = await mutate(service, name, { [field]: JSON.rawJSON(number) });

    expect(errors?.map(({ message }) => message)).toEqual([
      expect.stringMatching(`Input.${field} must have the type ${type}. ${advice} ${NOT_EXACT}`),
    ]);
    expect(service.sandbox.received).toEqual([]);
  },
);
