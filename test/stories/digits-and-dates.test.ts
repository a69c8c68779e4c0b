import { afterEach, describe, expect, test, vi } from "vitest";
import { inlined, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

/** Finds the text of one field in the vendor's JSON. */
function token(body: string, vendorField: string): string | undefined {
  return new RegExp(`"${vendorField}":("[^"]*"|[^,}]+)`).exec(body)?.[1];
}

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
    await using service = await startService();

    const { payload } = await mutate(service, "createHelpdeskTicket", { [field]: value });

    expect(payload?.problems).toEqual([]);
    expect(token(service.lastBody(), vendorField)).toBe(sent);
  });

  test.each([
    ["cardNumber", "9223372036854775807", "nomorKartu"],
    ["cardNumber", "9007199254740993", "nomorKartu"],
    ["amount", "200001", "nominal"],
  ])("MUST send an integer literal for %s, %s, digit for digit", async (field, digits, vendorField) => {
    await using service = await startService();
    const query = inlined("createHelpdeskTicket", { [field]: JSON.rawJSON(digits) });

    const { errors } = await service.post(JSON.stringify({ query }));

    expect(errors).toBeUndefined();
    expect(token(service.lastBody(), vendorField)).toBe(digits);
  });

  test.each([
    ["cardNumber", "9007199254740993"],
    ["cardNumber", "9007199254740992.0"],
    ["helpdeskTicketNumber", "12345678901234567890"],
    ["amount", "999999999999999.01"],
    ["amount", "9007199254740993"],
    ["amount", "0.1"],
    ["amount", "1e400"],
  ])("MUST refuse the JSON number for %s, %s, which is not exact", async (field, number) => {
    await using service = await startService();

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

  test("MUST answer with a ticket number above 2^53 digit for digit", async () => {
    await using service = await startService({ mood: "big-number" });

    const { payload } = await mutate(service, "createVoiceTicket");

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
      await using service = await startService();

      await mutate(service, "createHelpdeskTicket", { claimDate: instant });

      expect(token(service.lastBody(), "claimDate")).toBe('"2025-10-23 16:54:08"');
    });

    test("MUST read the vendor's dates in the vendor's zone", async () => {
      vi.stubEnv("TZ", processZone);
      await using service = await startService();
      const created = await mutate(service, "createVoiceTicket", { createdAt: "2025-10-23T23:30:00-07:00" });

      const { payload } = await mutate(service, "updateTicketStatus", {
        ticketId: created.payload?.ticket?.id,
      });

      expect(payload?.ticket).toMatchObject({ createdAt: "2025-10-24T06:30:00Z" });
    });
  });

  test("MUST use the zone of the settings in both directions", async () => {
    await using service = await startService({ sociomile: { timeZone: "Asia/Jakarta" } });
    const created = await mutate(service, "createVoiceTicket", { createdAt: "2025-10-23T08:54:08Z" });
    expect(token(service.lastBody(), "date_created_at")).toBe('"2025-10-23 15:54:08"');

    const { payload } = await mutate(service, "updateTicketStatus", {
      ticketId: created.payload?.ticket?.id,
    });

    expect(payload?.ticket).toMatchObject({ createdAt: "2025-10-23T08:54:08Z" });
  });

  test("MUST refuse 30 February as INVALID_INPUT", async () => {
    await using service = await startService();

    const { payload, text } = await mutate(service, "createHelpdeskTicket", {
      claimDate: "2025-02-30T00:00:00Z",
    });

    expect(payload).toMatchObject({
      ticket: null,
      problems: [{ code: "INVALID_INPUT", field: "claimDate", retryable: false }],
    });
    expect(text).not.toContain("2025-02-30");
    expect(service.sandbox.received).toEqual([]);
  });
});
