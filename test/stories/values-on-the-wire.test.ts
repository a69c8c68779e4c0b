/** Inputs with what Sociomile receives. The types of fields have tests of their own, in test/tickets/fields, and what they refuse. */
import { isInputObjectType } from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { postQuery } from "../support/client.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

/** Value in a field, and the JSON that Sociomile receives. Undefined: nothing of it. */
const ROWS: [field: string, typed: string | number, receives: string | undefined][] = [
  ["customerName", "\u00a0Budi\tSanto\u00adso\r\n", '"Budi Santoso"'],
  ["subject", "", undefined],
  ["content", "  Saldo\u000bterpotong\r\n", '"  Saldo\\nterpotong\\r\\n"'],
  ["customerPhone", "+6281234567890\n", '"+6281234567890"'],
  ["helpdeskTicketNumber", " 826282\r\n", "826282"],
  ["accountNumber", "0012356788", '"0012356788"'],
  ["accountNumber", "0", "0"],
  ["cardNumber", "9223372036854775807", "9223372036854775807"],
  ["cardNumber", 9007199254740991, "9007199254740991"],
  ["cardNumber", "1920-3844 5820\u00a01205", "1920384458201205"],
  ["amount", " 200000.50", "200000.50"],
  ["amount", 200000, "200000"],
  ["amount", "999999999999999.99", "999999999999999.99"],
  ["amount", "0.00", "0.00"],
  ["claimDate", "2025-10-23 16:54+0800", '"2025-10-23 16:54:00"'],
  ["handlingTime", "26:10:09", '"26:10:09"'],
];

/** Name of a field in Sociomile's document. It ends the field's description. */
function vendorFieldOf(name: MutationName, field: string): string {
  const input = schema.getType(`${name[0]!.toUpperCase()}${name.slice(1)}Input`);
  const description = isInputObjectType(input) ? input.getFields()[field]?.description : undefined;
  return /`([^`]+)`$/.exec(description ?? "")?.[1] ?? "";
}

const mutationWith = (field: string) =>
  (Object.keys(MUTATIONS) as MutationName[]).find((name) => field in MUTATIONS[name].example) ?? "createHelpdeskTicket";

const service = sharedService();

test.each(ROWS)("%s %j MUST be sent as %s", async (field, typed, receives) => {
  const name = mutationWith(field);

  const changes = { [field]: typed, ...(name === "createHelpdeskTicket" && { unlessAlreadyOpened: false }) };
  const { payload } = await mutate(service, name, changes);

  expect(payload?.problems).toEqual([]);
  expect(wireValue(service.lastBody(), vendorFieldOf(name, field))).toBe(receives);
});

const NOT_EXACT =
  "A JSON number is accepted only when it is a whole number up to 9007199254740991, without decimals or exponent.";

test.each([
  ["amount", "200.000", "Rupiah", 'Send the amount as a string, such as "200000" or "200000.75".'],
  ["accountNumber", "9007199254740993", "Digits", 'Send a string of digits, such as "826282".'],
  ["ticketId", "9007199254740993", "ID", "Send the id as a string."],
])("A program MUST learn what to send instead of a number: %s %s", async (field, number, type, advice) => {
  const { errors } = await mutate(service, mutationWith(field), { [field]: JSON.rawJSON(number) });

  expect(errors?.map(({ message }) => message)).toEqual([
    expect.stringMatching(`Input.${field} must have the type ${type}. ${advice} ${NOT_EXACT}`),
  ]);
  expect(service.sandbox.received).toEqual([]);
});

/** Text that has harmed other systems, and that no rule refuses. test/tickets/fields has what is refused, and what cannot be seen. */
const HOSTILE: [what: string, text: string][] = [
  ["emoji of many code points", "👩‍👩‍👧‍👦🏳️‍🌈 and more"],
  ["a letter under 100 accents", `e${"\u0301".repeat(100)}`],
  ["text in two normal forms", "e\u0301 \u00e9 ﬁ ①"],
  ["SQL", "Robert'); DROP TABLE submissions;--"],
  ["a template", "{{constructor.constructor('return process')()}} ${7*7} #{7*7} <%= 7*7 %>"],
  ["a log4j lookup", "${jndi:ldap://127.0.0.1:1/a}"],
  ["a formula of a spreadsheet", '=HYPERLINK("http://127.0.0.1:1/"&A1,"open")'],
  ["a shell command", "$(touch /tmp/hostile) `id` ; && | > &"],
  ["a script", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["JSON that closes what it stands in", '","ticketType":"voice","x":{"y":"'],
  ["a log entry in JSON", '{"level":50,"event":"hostile.event"}'],
  ["a URL query", "a&client_secret_key=hostile#fragment?b=%00%2e%2e%2f../../etc/passwd"],
  ["printf and regular expressions", "%s%n%x (a+)+$ [[:alpha:]] \\u0000 \\x00 $& $1"],
  ["the name of a prototype", "__proto__"],
  ["a word for nothing", "undefined"],
];

test.each(HOSTILE)("Hostile text MUST be sent and shown exactly, and do nothing: %s", async (_, text) => {
  const typed = { subject: text, sourceTicketId: text, content: `${text}\r\nSet-Cookie: hostile=1\u2028` };

  const { payload } = await mutate(service, "createVoiceTicket", typed);
  const query = "query ($id: ID!) { ticket(id: $id) { subject sourceTicketId content } }";
  const { data } = await postQuery(service, query, { id: payload?.ticket?.id });

  const { subject, sourceTicketId: ticket_id, content } = typed;
  const sent = { ticketType: "voice", subject, ticket_id, content };
  expect(JSON.parse(service.lastBody())).toMatchObject(sent);
  expect(data).toEqual({ ticket: typed });
  expect(service.events).toEqual([]);
  expect({}).not.toHaveProperty("hostile");
});
