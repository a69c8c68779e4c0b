import { describe, expect, test } from "vitest";
import { type MutationName, mutate } from "../support/mutations.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../support/config.ts";
import { startService, sharedService } from "../support/service.ts";

const EMPTY = "This field must not be empty.";

type Mistyped = [field: string, typed: string, rule: string, says: string, limit?: number];

/**
 * What people type or leave out, and the answer that they should get, once for each type of a field. The types have tests of their own, in
 * test/tickets/fields.
 */
const MISTYPED: Record<MutationName, Mistyped[]> = {
  createHelpdeskTicket: [
    ["customerName", "", "REQUIRED", EMPTY],
    ["atmId", "\u200b", "REQUIRED", EMPTY],
    ["customerName", "Budi\nSantoso", "NOT_ONE_LINE", "Please enter one line without line breaks."],
    ["customerName", "a".repeat(256), "TOO_LONG", "Please enter at most 255 characters instead of 256.", 255],
    [
      "content",
      "a\u0007b",
      "CONTROL_CHARACTER",
      "This text must not hold control characters or broken ones. Please remove or retype character 2 of line 1.",
    ],
    [
      "amount",
      "200.000",
      "NOT_AN_AMOUNT",
      "An amount such as 200.000 can mean 200 thousand or 200. Please enter 200000 or 200,00.",
    ],
    [
      "customerEmail",
      "a@b.id, c@d.id",
      "NOT_AN_EMAIL",
      "Please enter one e-mail address, such as budi@example.com.",
    ],
    [
      "claimDate",
      "23/10/2025",
      "NOT_A_TIME",
      "Please enter a date and time that exist, with the time zone, such as 2026-01-31T09:30:00+08:00.",
    ],
    [
      "accountNumber",
      "12356788 12356789",
      "TWO_VALUES",
      "Please enter one account number, such as 0012356788.",
    ],
    [
      "cardNumber",
      "4111 1111 1111 1111 337",
      "TWO_VALUES",
      "Please enter one card number, such as 1234 5678 9012 3456, without a code or a date.",
    ],
    ["helpdeskTicketNumber", "HD-826282", "NOT_DIGITS", "Please enter digits only, such as 826282."],
    [
      "branchCode",
      "4111111111111111",
      "CARD_NUMBER",
      "This field must not hold a card number. Please leave it out.",
    ],
    [
      "idempotencyKey",
      "short",
      "TOO_SHORT",
      "Please use a key of at least 16 characters, such as a UUID.",
      16,
    ],
  ],
  createVoiceTicket: [
    [
      "customerPhone",
      "telp",
      "NOT_A_PHONE",
      "Please enter a phone number of 3 to 15 digits, such as 0812-3456-7890.",
    ],
    [
      "handlingTime",
      "5 menit",
      "NOT_A_DURATION",
      "Please enter hours, minutes and seconds, such as 0:10:09 or 26:10:09.",
    ],
  ],
  updateTicketStatus: [
    ["bsgTicketId", "", "REQUIRED", EMPTY],
    ["ticketId", "690d 950c", "NOT_AN_ID", "Please enter an id, such as 690d950c5f287ad0ff3bd9d5."],
  ],
};

const service = sharedService();

describe.each(Object.entries(MISTYPED) as [MutationName, Mistyped[]][])("mistyped, in %s", (name, rows) => {
  test.each(rows)("MUST be told where, which rule, and what would be right: %s, %j", async (...row) => {
    const [field, typed, rule, message, limit = null] = row;

    const { payload, errors } = await mutate(service, name, { [field]: typed });

    expect(errors).toBeUndefined();
    expect(payload?.problems).toMatchObject([{ code: "INVALID_INPUT", field, rule, limit, message }]);
  });
});

test("A ticket number in the place of the ticket's id MUST be refused at its field, as Sociomile refuses it", async () => {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, checksIds: true });
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

  test("required MUST refuse creates without a key, and nothing else", async () => {
    await using strict = await startService({ config: { IDEMPOTENCY_KEYS: "required" } });

    const keyless = await mutate(strict, "createHelpdeskTicket");
    const keyed = await mutate(strict, "createVoiceTicket", { idempotencyKey: "a-key-of-this-test" });
    const update = await mutate(strict, "updateTicketStatus");

    const required = { code: "INVALID_INPUT", field: "idempotencyKey", rule: "KEY_REQUIRED" };
    expect(keyless.payload).toMatchObject({ submission: null, problems: [required] });
    expect(strict.sandbox.tickets).toHaveLength(1);
    for (const { payload } of [keyed, update]) expect(payload?.problems).toEqual([]);
    expect(await strict.metric(KEYLESS)).toBe(1);
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
