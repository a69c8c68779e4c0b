import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MutationName, mutate } from "../support/mutations.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../support/config.ts";
import { type Service, startService } from "../support/service.ts";

const AMOUNT = "Please enter an amount such as 200000 or 200000,75: at most 15 digits and 2 decimals.";
const TWO_READINGS = "An amount such as 200.000 can mean 200 thousand or 200. Please enter 200000 or 200,00.";
const DIGITS = "Please enter digits only, such as 826282.";
const ONE_NUMBER = "Please enter one number, such as 826282, without blanks, dashes or slashes.";
const EMAIL = "Please enter one e-mail address, such as budi@example.com.";
const PHONE = "Please enter a phone number of 3 to 15 digits, such as 0812-3456-7890.";
const ONE_PHONE =
  "Please enter one phone number, such as 021-5551234 or +62 812 3456 7890, without an extension.";
const TIME =
  "Please enter a date and time that exist, with the time zone, such as 2026-01-31T09:30:00+08:00.";
const DURATION = "Please enter hours, minutes and seconds, such as 0:10:09 or 26:10:09.";
const NO_CARD = "This field must not hold a card number. Please leave it out.";
const ONE_CARD = "Please enter one card number, such as 1234 5678 9012 3456, without a code or a date.";
const EMPTY = "This field must not be empty.";
const CONTROL =
  "This text must not hold control characters or broken ones. Please remove or retype character 2 of line 1.";

type Mistyped = [field: string, typed: string, rule: string, says: string, limit?: number];

/** What people type or leave out, and the answer that they should get. */
const MISTYPED: Record<MutationName, Mistyped[]> = {
  createHelpdeskTicket: [
    ["customerName", "", "REQUIRED", EMPTY],
    ["customerName", "  ", "REQUIRED", EMPTY],
    ["content", "", "REQUIRED", EMPTY],
    ["branchName", "", "REQUIRED", EMPTY],
    ["atmId", "\u200b", "REQUIRED", EMPTY],
    ["amount", "", "REQUIRED", EMPTY],
    ["helpdeskTicketNumber", "", "REQUIRED", EMPTY],
    ["connectId", "", "REQUIRED", EMPTY],
    ["amount", "200.000", "NOT_AN_AMOUNT", TWO_READINGS],
    ["amount", "1,000", "NOT_AN_AMOUNT", TWO_READINGS],
    ["amount", "-5", "NOT_AN_AMOUNT", AMOUNT],
    ["amount", "dua ratus ribu", "NOT_AN_AMOUNT", AMOUNT],
    ["amount", "1e6", "NOT_AN_AMOUNT", AMOUNT],
    ["amount", "200000.123", "NOT_AN_AMOUNT", AMOUNT],
    ["amount", "1234567890123456", "NOT_AN_AMOUNT", AMOUNT],
    ["customerName", "Budi\nSantoso", "NOT_ONE_LINE", "Please enter one line without line breaks."],
    ["customerName", "a".repeat(256), "TOO_LONG", "Please enter at most 255 characters instead of 256.", 255],
    [
      "content",
      "a".repeat(20_001),
      "TOO_LONG",
      "Please enter at most 20000 characters instead of 20001.",
      20_000,
    ],
    ["content", "a\u0007b", "CONTROL_CHARACTER", CONTROL],
    ["customerEmail", "budi", "NOT_AN_EMAIL", EMAIL],
    ["customerEmail", "budi@mail", "NOT_AN_EMAIL", EMAIL],
    ["customerEmail", "a@b.id, c@d.id", "NOT_AN_EMAIL", EMAIL],
    ["customerEmail", "siti@mañana.id", "NOT_AN_EMAIL", EMAIL],
    ["claimDate", "23/10/2025", "NOT_A_TIME", TIME],
    ["claimDate", "2025-10-23", "NOT_A_TIME", TIME],
    ["claimDate", "2025-10-23T16:54:08", "NOT_A_TIME", TIME],
    ["claimDate", "2025-02-30T16:54:08+08:00", "NOT_A_TIME", TIME],
    ["claimDate", "23 Oktober", "NOT_A_TIME", TIME],
    ["accountNumber", "12A45", "NOT_DIGITS", DIGITS],
    [
      "accountNumber",
      "12356788 12356789",
      "TWO_VALUES",
      "Please enter one account number, such as 0012356788.",
    ],
    ["accountNumber", "1".repeat(20), "TOO_LONG", "Please enter at most 19 characters instead of 20.", 19],
    ["cardNumber", "****1111", "NOT_DIGITS", DIGITS],
    ["cardNumber", "4111 1111 1111 1111 337", "TWO_VALUES", ONE_CARD],
    ["helpdeskTicketNumber", "HD-826282", "NOT_DIGITS", DIGITS],
    ["helpdeskTicketNumber", "no. 826282", "NOT_DIGITS", DIGITS],
    ["helpdeskTicketNumber", "826282-826285", "TWO_VALUES", ONE_NUMBER],
    ["helpdeskTicketNumber", "101/892/087", "TWO_VALUES", ONE_NUMBER],
    ["helpdeskTicketNumber", "4111 1111 1111 1111", "CARD_NUMBER", NO_CARD],
    ["branchCode", "4111111111111111", "CARD_NUMBER", NO_CARD],
    [
      "idempotencyKey",
      "short",
      "TOO_SHORT",
      "Please use a key of at least 16 characters, such as a UUID.",
      16,
    ],
    [
      "idempotencyKey",
      "a key with blanks in it",
      "NOT_A_KEY",
      "Please use a key of A-Z a-z 0-9 _ and - only, such as a UUID.",
    ],
  ],
  createVoiceTicket: [
    ["customerPhone", "", "REQUIRED", EMPTY],
    ["customerEmail", "", "REQUIRED", EMPTY],
    ["customerPhone", "telp", "NOT_A_PHONE", PHONE],
    ["customerPhone", "12", "NOT_A_PHONE", PHONE],
    ["customerPhone", "0431-851451/52", "TWO_VALUES", ONE_PHONE],
    ["customerPhone", "021-5551234-101", "TWO_VALUES", ONE_PHONE],
    ["handlingTime", "5 menit", "NOT_A_DURATION", DURATION],
    ["handlingTime", "1:5", "NOT_A_DURATION", DURATION],
  ],
  updateTicketStatus: [
    ["ticketId", "", "REQUIRED", EMPTY],
    ["bsgTicketId", "", "REQUIRED", EMPTY],
    ["ticketId", "690d 950c", "NOT_AN_ID", "Please enter an id, such as 690d950c5f287ad0ff3bd9d5."],
  ],
};

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service[Symbol.asyncDispose]());

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
