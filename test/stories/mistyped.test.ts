import { describe, expect, test } from "vitest";
import { type MutationName, mutate, problemsOf } from "../support/mutations.ts";
import { startService, sharedService } from "../support/service.ts";
import { openSandbox } from "../support/vendor.ts";

const service = sharedService();

test("A mistyped value MUST be told with its field, its rule, its limit, and what would be right", async () => {
  const { payload, errors } = await mutate(service, "createHelpdeskTicket", {
    customerName: "a".repeat(256),
  });

  const message = "Please enter at most 255 characters instead of 256.";
  const problem = { code: "INVALID_INPUT", field: "customerName", rule: "TOO_LONG", limit: 255, message };
  expect(errors).toBeUndefined();
  expect(payload?.problems).toMatchObject([problem]);
});

test("A ticket number in the place of the ticket's id MUST be refused at its field, as Sociomile refuses it", async () => {
  await using sandbox = await openSandbox({ checksIds: true });
  await using people = await startService({ sandbox });
  const { payload } = await mutate(people, "updateTicketStatus", { ticketId: "32197" });

  const message = "Sociomile did not accept this value. Please check it.";
  expect(payload?.problems).toMatchObject([{ code: "SOCIOMILE_REJECTED", field: "ticketId", message }]);
});

test("A wrong date argument MUST be named, because others are beside it", async () => {
  const query =
    '{ ticketSubmissions(createdAfter: "2026-01-01T00:00:00Z", createdBefore: "2025-01-01") { nodes { id } } }';
  const { errors } = await service.post(JSON.stringify({ query }));

  expect(errors).toMatchObject([
    {
      message: expect.stringMatching(/^createdBefore: Please enter a date/),
      extensions: { code: "BAD_USER_INPUT" },
    },
  ]);
});

describe("IDEMPOTENCY_KEYS", () => {
  const KEYLESS = 'sociomile_creates_without_key_total{client="development"}';

  test("required MUST refuse creates without a key, and nothing else, and tell the other wrong fields together, once", async () => {
    await using strict = await startService({ config: { IDEMPOTENCY_KEYS: "required" } });
    const wrongIn = async (name: MutationName, changes: object) =>
      (await problemsOf(strict, name, { ...changes }))?.map(({ field, rule }) => `${field} ${rule}`);
    const key = "idempotencyKey KEY_REQUIRED";

    expect(await wrongIn("createHelpdeskTicket", {})).toEqual([key]);
    expect(await wrongIn("createVoiceTicket", { idempotencyKey: "a-key-of-this-test" })).toEqual([]);
    expect(await wrongIn("updateTicketStatus", {})).toEqual([]);
    expect(await strict.metric(KEYLESS)).toBe(1);
    const blank = { customerName: " ", branchCode: "" };
    const others = ["customerName REQUIRED", "branchCode REQUIRED"];
    expect(await wrongIn("createHelpdeskTicket", blank)).toEqual([key, ...others]);
    const later = { content: "", whenUnavailable: "DELIVER_LATER" };
    expect(await wrongIn("createVoiceTicket", later)).toEqual([key, "content REQUIRED"]);
    const emptyKey = ["idempotencyKey REQUIRED", "content REQUIRED"];
    expect(await wrongIn("createVoiceTicket", { content: "", idempotencyKey: "" })).toEqual(emptyKey);
    expect(await wrongIn("updateTicketStatus", { bsgTicketId: "" })).toEqual(["bsgTicketId REQUIRED"]);
    expect(strict.sandbox.tickets).toHaveLength(1);
  });

  test("optional MUST count creates without a key by client, and send them", async () => {
    await using lenient = await startService();

    await mutate(lenient, "createHelpdeskTicket");
    await mutate(lenient, "createVoiceTicket", { idempotencyKey: "a-key-of-this-test" });
    await mutate(lenient, "updateTicketStatus");

    expect(lenient.sandbox.tickets).toHaveLength(2);
    expect(await lenient.metric(KEYLESS)).toBe(1);
  });
});
