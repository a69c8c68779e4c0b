import { afterEach, describe, expect, test, vi } from "vitest";
import { postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { startService, sharedService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

const service = sharedService();

const entities = (representations: string) => `_entities(representations: ${representations}) { __typename }`;
const page = (first: string) => `ticketSubmissions(first: ${first}) { edges { cursor } }`;

describe("digits", () => {
  test("MUST NOT be rounded in the id of a reference: JSON that is not exact is refused", async () => {
    const query = `query ($all: [_Any!]!) { ${entities("$all")} }`;
    const ask = (id: unknown) => postQuery(service, query, { all: [{ __typename: "Ticket", id }] });

    const { errors } = await ask(JSON.rawJSON("9007199254740993"));

    const message = expect.stringContaining("Send the id as a string.");
    expect(errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
    expect((await ask(9007199254740991)).errors).toBeUndefined();
  });

  test("MUST NOT be rounded in development, where the message gives the same advice", async () => {
    await using open = await startService({ config: { APP_MODE: "development" } });

    const { errors } = await mutate(open, "updateTicketStatus", { ticketId: JSON.rawJSON("9007199254740993") });

    expect(errors).toMatchObject([{ message: expect.stringContaining("Send the id as a string.") }]);
    expect(open.sandbox.received).toEqual([]);
  });

  test("MUST be refused as 1.0 for a page, as JSON and in the document, and for a reference", async () => {
    for (const body of [
      `{"query":"query ($first: Int!) { ${page("$first")} }","variables":{"first":1.0}}`,
      `{"query":"{ ${page("1.0")} }"}`,
      `{"query":"query ($all: [_Any!]!) { ${entities("$all")} }","variables":{"all":[{"__typename":"Ticket","id":1.0}]}}`,
    ]) {
      expect([body, (await service.post(body)).errors]).toMatchObject([body, [{ message: expect.any(String) }]]);
    }
  });

  const NONE = ["01.5", "1.", "1.5.5", "--1.5", "-01", "-00", "1e", "+1.5", ".5", "0x1.5", "01e5", "-.5"];
  test.each(NONE)("MUST be refused as a fault of the JSON when it is none: %s", async (number) => {
    const { status, errors } = await service.post(`{"query":"{ __typename }","variables":{"n":${number}}}`);

    expect([status, errors?.[0]?.extensions.code]).toEqual([400, "BAD_REQUEST"]);
  });
});

describe("dates", () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    ["UTC", 0, "Asia/Makassar", "2025-10-24 14:30:00"],
    ["America/New_York", 300, "Asia/Makassar", "2025-10-24 14:30:00"],
    ["Pacific/Kiritimati", -840, "Asia/Makassar", "2025-10-24 14:30:00"],
    ["UTC", 0, "Asia/Jakarta", "2025-10-24 13:30:00"],
  ])("MUST be in Sociomile's zone, not the process's: %s, %i, %s", async (process, minutes, zone, sent) => {
    vi.stubEnv("TZ", process);
    expect(new Date("2025-01-01T00:00:00Z").getTimezoneOffset()).toBe(minutes);
    await using zoned = await startService({ config: { SOCIOMILE_TIME_ZONE: zone } });

    const created = await mutate(zoned, "createVoiceTicket", { createdAt: "2025-10-23T23:30:00-07:00" });
    expect(wireValue(zoned.lastBody(), "date_created_at")).toBe(JSON.stringify(sent));
    const ticketId = created.payload?.ticket?.id;
    const { payload } = await mutate(zoned, "updateTicketStatus", { ticketId });

    expect(payload?.ticket).toMatchObject({ createdAt: "2025-10-24T06:30:00Z" });
  });
});
