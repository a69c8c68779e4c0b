import { afterEach, describe, expect, test, vi } from "vitest";
import { type MutationName, inlined, mutate } from "../support/mutations.ts";
import { startService, sharedService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

const service = sharedService();

const entities = (representations: string) => `_entities(representations: ${representations}) { __typename }`;
const page = (first: string) => `ticketSubmissions(first: ${first}) { edges { cursor } }`;

describe("digits", () => {
  test.each([
    ["a card number of 19 digits", "cardNumber", "9223372036854775807", "nomorKartu", "9223372036854775807"],
    ["a number just past 2^53", "cardNumber", "9007199254740993", "nomorKartu", "9007199254740993"],
    ["a leading zero", "accountNumber", "0012356788", "nomorRekening", '"0012356788"'],
    ["a single zero", "accountNumber", "0", "nomorRekening", "0"],
    ["zeros alone", "accountNumber", "000", "nomorRekening", '"000"'],
    ["a JSON integer", "accountNumber", 12356788, "nomorRekening", "12356788"],
    ["the largest exact JSON integer", "cardNumber", 9007199254740991, "nomorKartu", "9007199254740991"],
    ["decimals", "amount", "9000000000.50", "nominal", "9000000000.50"],
    ["the largest amount", "amount", "999999999999999.99", "nominal", "999999999999999.99"],
    ["an amount as a JSON integer", "amount", 9007199254740, "nominal", "9007199254740"],
    ["an amount of nothing", "amount", "0.00", "nominal", "0.00"],
  ])("MUST send %s digit for digit", async (_, field, value, vendorField, sent) => {
    const { payload } = await mutate(service, "createHelpdeskTicket", { [field]: value });

    expect(payload?.problems).toEqual([]);
    expect(wireValue(service.lastBody(), vendorField)).toBe(sent);
  });

  test.each([
    ["cardNumber", "9223372036854775807", "nomorKartu"],
    ["cardNumber", "9007199254740993", "nomorKartu"],
    ["amount", "200001", "nominal"],
  ])("MUST send an integer literal for %s, %s, digit for digit", async (field, digits, vendorField) => {
    const query = inlined("createHelpdeskTicket", { [field]: JSON.rawJSON(digits) });

    const { errors } = await service.post(JSON.stringify({ query }));

    expect(errors).toBeUndefined();
    expect(wireValue(service.lastBody(), vendorField)).toBe(digits);
  });

  test.each([
    ["cardNumber", "9007199254740993"],
    ["helpdeskTicketNumber", "12345678901234567890"],
    ["amount", "0.1"],
    ["amount", "53370.000"],
  ])("MUST refuse the JSON number for %s, %s, which is not exact", async (field, number) => {
    const answer = await mutate(service, "createHelpdeskTicket", { [field]: JSON.rawJSON(number) });

    expect(answer.errors).toEqual([
      {
        message: expect.stringMatching(`CreateHelpdeskTicketInput\\.${field} .*[Ss]end .*string`),
        extensions: { code: "BAD_USER_INPUT" },
      },
    ]);
    expect(answer.text).not.toContain(number);
    expect(answer.text).not.toContain(String(Number(number)));
    expect(service.sandbox.received).toEqual([]);
  });

  const INEXACT = ["9007199254740993", "-9007199254740993", "1.0", "1.50", "1e3", "12E2", "-0", "1e400"];
  const WAYS: [way: string, query: string, variables: (id: unknown) => object][] = [
    [
      "updateTicketStatus",
      "mutation ($input: UpdateTicketStatusInput!) { updateTicketStatus(input: $input) { replayed } }",
      (ticketId) => ({ input: { ticketId, bsgTicketId: "1", status: "OPEN" } }),
    ],
    [
      "resolveTicketSubmission",
      "mutation ($input: ResolveTicketSubmissionInput!) { resolveTicketSubmission(input: $input) { problems { code } } }",
      (submissionId) => ({ input: { submissionId, verdict: "NOT_CREATED", note: "looked" } }),
    ],
    [
      "the ticket of resolveTicketSubmission",
      "mutation ($input: ResolveTicketSubmissionInput!) { resolveTicketSubmission(input: $input) { problems { code } } }",
      (ticketId) => ({ input: { submissionId: "1", ticketId, verdict: "CREATED", note: "looked" } }),
    ],
    ["ticket", "query ($id: ID!) { ticket(id: $id) { id } }", (id) => ({ id })],
    ["ticketSubmission", "query ($id: ID!) { ticketSubmission(id: $id) { id } }", (id) => ({ id })],
    [
      "_entities",
      "query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }",
      (id) => ({ all: [{ __typename: "Ticket", id }] }),
    ],
  ];

  test.each(WAYS)(
    "MUST NOT be rounded in an id for %s: JSON that is not exact is refused",
    async (_, query, variables) => {
      for (const number of INEXACT) {
        const { errors } = await service.post(
          JSON.stringify({ query, variables: variables(JSON.rawJSON(number)) }),
        );

        expect([number, errors]).toMatchObject([
          number,
          [
            {
              message: expect.stringContaining("Send the id as a string."),
              extensions: { code: "BAD_USER_INPUT" },
            },
          ],
        ]);
      }
      expect(service.sandbox.received).toEqual([]);
      const exact = JSON.stringify({ query, variables: variables(9007199254740991) });
      expect((await service.post(exact)).errors).toBeUndefined();
    },
  );

  test("MUST NOT be rounded in development, where the message gives the same advice", async () => {
    await using open = await startService({ config: { APP_MODE: "development" } });

    const { errors } = await mutate(open, "updateTicketStatus", {
      ticketId: JSON.rawJSON("9007199254740993"),
    });

    expect(errors).toMatchObject([{ message: expect.stringContaining("Send the id as a string.") }]);
    expect(open.sandbox.received).toEqual([]);
  });

  test.each<[MutationName, string]>([
    ["createHelpdeskTicket", "amount"],
    ["createHelpdeskTicket", "cardNumber"],
    ["updateTicketStatus", "ticketId"],
  ])("MUST be refused as 1.0 in %s's %s, as JSON and in the document", async (name, field) => {
    const one = JSON.rawJSON("1.0");

    const asJson = await mutate(service, name, { [field]: one });
    const asLiteral = await service.post(JSON.stringify({ query: inlined(name, { [field]: one }) }));

    expect([asJson.status, asLiteral.status]).toEqual([400, 400]);
    expect(service.sandbox.received).toEqual([]);
  });

  test("MUST be refused as 1.0 for a page and a reference too, as JSON and in the document", async () => {
    for (const body of [
      `{"query":"query ($first: Int!) { ${page("$first")} }","variables":{"first":1.0}}`,
      `{"query":"{ ${page("1.0")} }"}`,
      `{"query":"query ($all: [_Any!]!) { ${entities("$all")} }","variables":{"all":[{"__typename":"Ticket","id":1.0}]}}`,
      JSON.stringify({ query: `{ ${entities('[{__typename: "Ticket", id: 1.0}]')} }` }),
    ]) {
      expect([body, (await service.post(body)).errors]).toMatchObject([
        body,
        [{ message: expect.any(String) }],
      ]);
    }
  });

  test("MUST NOT be touched in text, whatever stands before and after it", async () => {
    const content = String.raw`[1.0, -0, 9007199254740993] "1.0" \" 1e5 ": -0,`;

    await mutate(service, "createHelpdeskTicket", { content });

    expect(JSON.parse(service.lastBody())).toMatchObject({ content });
  });

  test.each(["01.5", "1.", "1.5.5", "--1.5", "-01", "-00", "1e", "+1.5", ".5", "0x1.5", "01e5", "-.5"])(
    "MUST be refused as a fault of the JSON when it is none: %s",
    async (number) => {
      const { status, errors } = await service.post(`{"query":"{ __typename }","variables":{"n":${number}}}`);

      expect([status, errors?.[0]?.extensions.code]).toEqual([400, "BAD_REQUEST"]);
    },
  );

  test("MUST answer a ticket number beyond 2^53 digit for digit", async () => {
    await using odd = await startService({ mood: "big-number" });

    const { payload } = await mutate(odd, "createVoiceTicket");

    expect(payload?.ticket).toMatchObject({ number: "9007199254740993123" });
  });
});

describe("dates", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  describe.each([
    ["UTC", 0],
    ["America/New_York", 300],
    ["Pacific/Kiritimati", -840],
  ])("in a process of %s", (processZone, offsetMinutes) => {
    test.each([
      ["2025-10-23T08:54:08Z"],
      ["2025-10-23T16:54:08+08:00"],
      ["2025-10-23T04:54:08-04:00"],
      ["2025-10-23T08:54:08.999999999Z"],
      ["2025-10-23t08:54:08z"],
    ])("MUST send %s in the vendor's zone", async (instant) => {
      vi.stubEnv("TZ", processZone);
      expect(new Date("2025-01-01T00:00:00Z").getTimezoneOffset()).toBe(offsetMinutes);
      await mutate(service, "createHelpdeskTicket", { claimDate: instant });

      expect(wireValue(service.lastBody(), "claimDate")).toBe('"2025-10-23 16:54:08"');
    });

    test("MUST read the vendor's dates in the vendor's zone", async () => {
      vi.stubEnv("TZ", processZone);
      const created = await mutate(service, "createVoiceTicket", { createdAt: "2025-10-23T23:30:00-07:00" });

      const { payload } = await mutate(service, "updateTicketStatus", {
        ticketId: created.payload?.ticket?.id,
      });

      expect(payload?.ticket).toMatchObject({ createdAt: "2025-10-24T06:30:00Z" });
    });
  });

  test("MUST use the zone of the settings in both directions", async () => {
    await using jakarta = await startService({ config: { SOCIOMILE_TIME_ZONE: "Asia/Jakarta" } });
    const created = await mutate(jakarta, "createVoiceTicket", { createdAt: "2025-10-23T08:54:08Z" });
    expect(wireValue(jakarta.lastBody(), "date_created_at")).toBe('"2025-10-23 15:54:08"');

    const { payload } = await mutate(jakarta, "updateTicketStatus", {
      ticketId: created.payload?.ticket?.id,
    });

    expect(payload?.ticket).toMatchObject({ createdAt: "2025-10-23T08:54:08Z" });
  });
});
