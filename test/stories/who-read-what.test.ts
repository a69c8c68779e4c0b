/** The log line of an operation names the tickets in its answer, so that the bank can say who has seen a customer's ticket. */
import { beforeAll, describe, expect, test } from "vitest";
import { OperationRecord } from "../../src/graphql/operation-log.ts";
import { schema } from "../../src/graphql/schema.ts";
import { DEVELOPER } from "../../src/identity/principal.ts";
import { createLogTo } from "../../src/telemetry/log.ts";
import { NO_DETAILS, PERSONAL_FIELDS, withoutDetails } from "../../src/tickets/ticket.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";
import { entitiesWith, referringTo, underNames } from "../support/heavy-documents.ts";
import { openDoubt } from "../support/doubts.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { MUTATIONS, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const AS_RINA = { ...namedWith(), "x-user-id": "rina" };

const service = sharedService({ config: TRUSTS_ROUTER });
let first: string;
let second: string;
beforeAll(async () => {
  const as = { post: (body: string) => service.post(body, AS_RINA) };
  first = (await mutate(as, "createHelpdeskTicket")).payload!.ticket!.id;
  second = (await mutate(as, "createVoiceTicket")).payload!.ticket!.id;
  await mutate(as, "updateTicketStatus", { ticketId: first });
});

/** Runs an operation twice, by Apollo and prepared. Returns its line, which must be the same. */
async function lineOfBoth(query: string, variables: object = {}, headers: object = {}) {
  for (let time = 0; time < 2; time++)
    await service.post(JSON.stringify({ query, variables }), { ...AS_RINA, ...headers });
  const [line, again] = service.operations.slice(-2).map(({ client, person, fields, tickets, personal }) => ({
    client,
    person,
    fields,
    ...(tickets && { tickets: tickets.toSorted(), personal }),
  }));
  expect(again).toEqual(line);
  return line;
}

const byRina = { client: "the-app", person: "rina" };
const seen = (fields: string[], ids: readonly string[], personal: boolean) => {
  const tickets = ids.toSorted();
  return { ...byRina, fields, tickets, personal };
};

describe("the line of an operation", () => {
  test("MUST name the tickets in the answer, the way to them, and whether personal data was selected", async () => {
    const { helpdeskTicketNumber: number } = HELPDESK_TICKET;
    const byNumber = `(reference: {type: HELPDESK_TICKET_NUMBER, value: "${number}"})`;
    const references = referringTo(4, first, second, "none");
    for (const [way, fields, ids, personal] of [
      ["ticket", `(id: "${first}") { id status }`, [first], false],
      ["ticket", `(id: "${first}") { customerName }`, [first], true],
      ["ticketsByReference", `${byNumber} { number content }`, [first], true],
      ["ticketSubmissions", "{ nodes { ticket { status } } }", [first, second], false],
    ] as const)
      expect(await lineOfBoth(`{ ${way}${fields} }`)).toEqual(seen([way], ids, personal));
    const line = await lineOfBoth(entitiesWith("submitted { ... on HelpdeskTicketDetails { amount } }"), references);
    expect(line).toEqual(seen(["_entities"], [first, second], true));
  });

  test("MUST name a submission whose customer is shown, which a reader of tickets alone may see", async () => {
    const doubt = await openDoubt(service, "createVoiceTicket", {}, { post: (body) => service.post(body, AS_RINA) });
    const query = `{ ticketSubmission(id: "${doubt}") { submitted { customerName content ... on VoiceTicketDetails { customerPhone } } } }`;
    const ask = (scopes: string) =>
      service.post(JSON.stringify({ query }), { ...AS_RINA, ...namedWith(scopes, "another-app") });

    const { customerName, customerPhone, content } = VOICE_TICKET;
    const submitted = { customerName, customerPhone, content };
    const shown = await ask("submission:read ticket:read");
    expect(shown.data).toMatchObject({ ticketSubmission: { submitted } });
    expect(service.operations.at(-1)).toMatchObject({ tickets: [doubt], personal: true });
    const hidden = await ask("submission:read");
    expect(hidden.data).toMatchObject({ ticketSubmission: { submitted: null } });
    expect(service.operations.at(-1)?.tickets).toBe(undefined);
  });

  test("MUST tell the same of fields in fragments, and of one operation of several", async () => {
    const inFragments = `fragment Person on Ticket { ... on Ticket { customerPhone } }
      query One { ...Root }
      fragment Root on Query { ticket(id: "${first}") { ...Person } }
      query Other { ticket(id: "${second}") { id } }`;
    const run = (operationName: string) => service.post(JSON.stringify({ query: inFragments, operationName }), AS_RINA);

    await run("One");
    expect(service.operations.at(-1)).toMatchObject(seen(["ticket"], [first], true));
    await run("Other");
    expect(service.operations.at(-1)).toMatchObject(seen(["ticket"], [second], false));
  });

  test("MUST name the ticket of a mutation, and tell of no personal data to a client that may not read it", async () => {
    const { document: query, example } = MUTATIONS.updateTicketStatus;
    const variables = { input: { ...example, ticketId: first } };

    const update = ["updateTicketStatus"];
    expect(await lineOfBoth(query, variables)).toEqual(seen(update, [first], true));
    const without = { "x-scopes": "ticket:update" };
    expect(await lineOfBoth(query, variables, without)).toEqual(seen(update, [first], false));
  });

  test.each([
    ["nothing is found", '{ ticket(id: "none") { customerName } }', {}],
    ["no ticket is asked for", "{ ticketSubmissions { nodes { ticketId } } }", {}],
    ["the caller is refused", entitiesWith("customerName"), { "x-scopes": "ticket:create" }],
  ])("MUST name no ticket when %s", async (_, query, headers) => {
    const line = await lineOfBoth(query, referringTo(1, first), headers);

    expect(line).toEqual({ ...byRina, fields: line?.fields });
  });

  test("MUST name no ticket when the operation ended without data", async () => {
    const query = `query ($references: [_Any!]!) { ticket(id: "${first}") { id } ${underNames(6, "_entities(representations: $references) { __typename }")} }`;
    const { data } = await service.post(JSON.stringify({ query, variables: referringTo(100, first, second) }), AS_RINA);

    expect(data).toBeNull();
    expect(service.operations.at(-1)).not.toHaveProperty("tickets");
  });
});

/** Writes the log line of an answer with `count` tickets, at a level of the log. Returns the lines. */
function linesWith(count: number, level: string) {
  const lines: Record<string, unknown>[] = [];
  const record = new OperationRecord({ requestId: "one", traceParent: null });
  record.facts = { ...record.facts, personal: true };
  for (let nth = 0; nth < count * 2; nth++) record.tickets.add(`t${nth % count}`);
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  record.observeAnswer(createLogTo({ write }, level), DEVELOPER, {
    errors: [],
    code: undefined,
    status: 200,
    hasNoData: false,
  });
  return lines;
}

describe("the log of reading", () => {
  test("MUST name every ticket of an answer, in lines of at most 500 that all tell who has read them", () => {
    const lines = linesWith(1203, "info");

    const line = { event: "operation.answered", requestId: "one", client: "development", personal: true };
    expect(lines).toMatchObject([line, line, line]);
    const named = lines.map(({ tickets }) => tickets as string[]);
    expect(named.map(({ length }) => length)).toEqual([500, 500, 203]);
    expect(named.flat()).toEqual(Array.from({ length: 1203 }, (_, nth) => `t${nth}`));
  });

  test.each(["warn", "error", "silent"])("MUST be written where LOG_LEVEL=%s, and nothing else of a read", (level) => {
    expect(linesWith(501, level)).toMatchObject([{ level: 30 }, { level: 30, tickets: ["t500"] }]);
    expect(linesWith(0, level)).toEqual([]);
  });
});

/** Details of a ticket that are about the request, and about no person. */
const IMPERSONAL = `statusLabel maskedTicketId sourceTicketId createdAt closedAt handlingTime mainCategory categoryName
  categoryId subCategory detailSubCategory detailSubCategory2 isEscalated helpdeskTicketNumber branchComplaintNumber
  branchCode detailsFrom statusInDoubt submissions`.split(/\s+/);

function schemaFieldsOf(name: string): string[] {
  return Object.keys((schema.getType(name) as unknown as { getFields(): object }).getFields());
}

test("Every field of a ticket MUST be personal, or known not to be, and no other type may have a personal one", () => {
  const shownToAll = Object.entries(withoutDetails({ ...NO_DETAILS, ...SHOWN } as unknown as Ticket));
  const open = shownToAll.flatMap(([name, value]) => (value === null ? [] : [name]));
  expect(schemaFieldsOf("Ticket").toSorted()).toEqual([...open, ...PERSONAL_FIELDS, ...IMPERSONAL].toSorted());
  expect(schemaFieldsOf("TicketSubmission").filter((field) => PERSONAL_FIELDS.has(field))).toEqual(["submitted"]);
  for (const type of ["TicketSubmissionResolution", "CreateVoiceTicketPayload"])
    expect(schemaFieldsOf(type).filter((field) => PERSONAL_FIELDS.has(field))).toEqual([]);
});
const SHOWN = { id: "i", number: "1", kind: "VOICE", bsgTicketId: "b", status: "OPEN", observedAt: 0 };
