import { describe, expect, test } from "vitest";
import { TicketDocument, TicketsDocument } from "../../examples/generated/graphql.ts";
import { ENGINES } from "../support/ledgers.ts";
import { VOICE_TICKET } from "../support/inputs.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { type Service, sharedService, startServiceOn } from "../support/service.ts";
import { READ_BY_CALLERS, listenToStatements } from "../support/sql.ts";
import { postQuery } from "../support/client.ts";
import { answering, http, startVendor } from "../sociomile/scripted-vendor.ts";

const REFERENCES = 500;
const READS = /^with wanted\b/i;
const ENTITIES = `query ($references: [_Any!]!) {
  _entities(representations: $references) { ... on Ticket { id number } }
}`;

const SUBMISSIONS = `query ($references: [_Any!]!) {
  _entities(representations: $references) { ... on TicketSubmission { state } }
}`;

const OPENED = `query ($id: ID!, $submission: ID!) {
  ticket(id: $id) { number kind helpdeskTicketNumber sourceTicketId createdAt detailsFrom }
  ticketSubmission(id: $submission) { settledAt }
}`;
type Opened = { ticket: object; ticketSubmission: { settledAt: string } };

const dataFor = async (to: Service, query: string, variables: object = {}) =>
  (await postQuery(to, query, variables)).data as Record<string, unknown>;

const UNKNOWABLE = [
  "690d950c5f287ad0ff3bd9d5", // nobody knows it
  "",
  "a\u0000b", // no text for a database
  "\uD800", // half a character
  "x".repeat(10_000),
  "' OR 1=1 --",
];

describe.each(ENGINES)("reading tickets on %s", (engine) => {
  const service = sharedService({ engine });

  test(`MUST take at most ten statements for ${REFERENCES} references, and keep their order and the gaps`, async () => {
    const ids = Array.from({ length: REFERENCES }, (_, nth) => `ticket-${(nth * 7919) % REFERENCES}`);
    const known = ids.filter((_, nth) => nth % 3 > 0);
    const rows = known.map((id) => `('${id}', ${Date.now()})`).toSorted();
    await service.sql.run(`INSERT INTO tickets (id, observed_at) VALUES ${rows.join(", ")}`);
    const references = ids.map((id) => ({ __typename: "Ticket", id }));

    using statements = listenToStatements();
    const data = await dataFor(service, ENTITIES, { references });

    expect(statements.matching(READS).length).toBeGreaterThan(0);
    expect(statements.matching(READS).length).toBeLessThanOrEqual(10);
    expect(statements.matching(READ_BY_CALLERS)).toEqual(statements.matching(READS));
    expect(data["_entities"]).toEqual(ids.map((id, nth) => (nth % 3 > 0 ? { id, number: null } : null)));
  });

  test("MUST find a hundred tickets by their ids, in the order asked, with null for unknown ones, and refuse more", async () => {
    const { payload } = await mutate(service, "createVoiceTicket");
    const { id } = payload!.ticket!;
    const ids = Array.from({ length: 100 }, (_, nth) => (nth % 2 > 0 ? ` ${id.toUpperCase()} ` : `no-${nth}`));

    using statements = listenToStatements();
    const { data, errors } = await service.execute(TicketsDocument, { ids });

    expect(errors).toBe(undefined);
    expect(data.tickets).toMatchObject(ids.map((_, nth) => (nth % 2 > 0 ? { id, kind: "VOICE" } : null)));
    expect(statements.matching(READ_BY_CALLERS)).toHaveLength(2);
    const more = await service.execute(TicketsDocument, { ids: [...ids, id] });
    expect(more.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  test("MUST read fifty submissions that are asked for together by one statement", async () => {
    const { payload } = await mutate(service, "createVoiceTicket");
    const ids = [...Array.from({ length: 49 }, () => crypto.randomUUID()), payload!.submission!.id];
    const references = ids.map((id) => ({ __typename: "TicketSubmission", id }));

    using statements = listenToStatements();
    const data = await dataFor(service, SUBMISSIONS, { references });

    expect(statements.matching(/from submissions where id in/i)).toHaveLength(1);
    expect(data["_entities"]).toEqual([...Array(49).fill(null), { state: "CONFIRMED" }]);
  });

  test.each<[MutationName, hidden: string[]]>([
    ["createHelpdeskTicket", ["cardNumber", "accountNumber"]],
    ["createVoiceTicket", []],
  ])("MUST show all that %s submitted, but %j, also after Sociomile's report", async (name, hidden) => {
    const { payload } = await mutate(service, name);
    const id = payload?.ticket?.id ?? "";
    await mutate(service, "updateTicketStatus", { ticketId: id });

    const { submitted } = (await service.execute(TicketDocument, { id })).data.ticket!;

    const { __typename: _, ...shown } = { __typename: "", ...submitted };
    const reported = Object.entries(shown).filter(([, value]) => value !== null);
    const { whenUnavailable: __, ...sent } = { whenUnavailable: "", ...MUTATIONS[name].example };
    const expected = Object.entries(sent)
      .filter(([field]) => !hidden.includes(field))
      .map(([field, value]) => [
        field,
        /Date$|At$/.test(field) ? Temporal.Instant.from(String(value)).toString() : String(value),
      ]);
    expect(Object.fromEntries(reported)).toEqual(Object.fromEntries(expected));
  });

  test.each<[MutationName, from: string, facts: object]>([
    ["createVoiceTicket", "its createdAt", { kind: "VOICE", sourceTicketId: VOICE_TICKET.sourceTicketId }],
    ["createHelpdeskTicket", "its acceptance", { kind: "HELPDESK", helpdeskTicketNumber: "826282" }],
  ])("MUST show as the opening of the ticket of %s %s, until Sociomile reports another", async (name, _, facts) => {
    const reports = [{ Status: "Open" }, { Status: "Open", "Date Created": "2025-10-24 08:00:00" }];
    const answers = reports.map((data) => http(200, { status: true, ticket: { data } }));
    await using vendor = await startVendor(answering(http(200), ...answers));
    await using asked = await startServiceOn(engine, { config: { SOCIOMILE_BASE_URL: vendor.url } });
    const { payload } = await mutate(asked, name);
    const { id } = payload!.ticket!;
    const shown = async () => (await dataFor(asked, OPENED, { id, submission: payload!.submission!.id })) as Opened;

    const { ticket: submitted, ticketSubmission } = await shown();
    await mutate(asked, "updateTicketStatus", { ticketId: id });
    const { ticket: undated } = await shown();
    await mutate(asked, "updateTicketStatus", { ticketId: id, status: "OPEN" });
    const { ticket: reported } = await shown();

    const createdAt = name === "createVoiceTicket" ? "2025-10-23T08:54:08Z" : ticketSubmission.settledAt;
    const always = { number: "32197", ...facts };
    expect(submitted).toMatchObject({ ...always, createdAt, detailsFrom: "SUBMITTED" });
    expect(undated).toMatchObject({ ...always, createdAt, detailsFrom: "REPORTED" });
    expect(reported).toMatchObject({ ...always, createdAt: "2025-10-24T00:00:00Z" });
  });

  test("MUST answer null for an id that cannot exist", async () => {
    await mutate(service, "createVoiceTicket");
    const query = `query ($id: ID!, $references: [_Any!]!) {
      ticket(id: $id) { id } tickets(ids: [$id]) { id } ticketSubmission(id: $id) { id }
      _entities(representations: $references) { ... on Ticket { id } }
    }`;
    for (const id of UNKNOWABLE) {
      const references = [{ __typename: "Ticket", id }];
      const { data, errors } = await postQuery(service, query, { id, references });
      const nothing = { ticket: null, tickets: [null], ticketSubmission: null, _entities: [null] };
      expect({ id, errors, data }).toEqual({ id, errors: undefined, data: nothing });
    }
  });
});
