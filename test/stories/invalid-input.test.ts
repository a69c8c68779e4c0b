import { describe, expect, test } from "vitest";
import { sentenceForSearch } from "../../examples/sentences.ts";
import { MUTATIONS, type MutationName, mutate, problemsOf } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

/** Types of fields, each with a value that breaks a rule, and one that does not. test/tickets/fields has all rules. */
const VALUES = {
  mandatoryLine: ["s3cret\nline", "\u200bx\u00a0"],
  line: ["s3cret\u0000", " "],
  clearLine: ["s3cret-4111-1111-1111-1111", "x"],
  mandatoryText: [" \u3164", "\n\tx\r\n "],
  text: ["s3cret\ud800", " "],
  email: ["s3cret@mail", " a..b.@b.id\r\n"],
  phone: ["0831-337000", " +62831337000\n"],
  ticketNumber: ["31337-31338", " 31337\n"],
  accountNumber: ["12331337 12331338", " 001231337\t"],
  cardNumber: ["4111 1111 1111 1111 337", " 4111-1111–1111\u00a01111\n"],
  amount: ["Rp 31.337", " 31337.00\n"],
  instant: ["2031-02-30T13:37:00Z", "2031-12-13 13:37+0800"],
  handlingTime: ["31.37.00", " 10:10:09\t"],
  ticketId: ["s3cret id", " x\u00a0"],
  idempotencyKey: ["s3cret-15-chars", "012345678901-_Zz"],
} as const satisfies Record<string, [bad: string, good: string]>;
type Type = keyof typeof VALUES;

/** Input fields by their types. The marker "?" is for fields that may be empty. */
const FIELDS: Record<MutationName, Partial<Record<Type, string>>> = {
  createHelpdeskTicket: {
    idempotencyKey: "idempotencyKey",
    mandatoryLine: "customerName connectId transactionMedia branchName atmName atmId",
    line: "transactionType? transactionId?",
    clearLine: "branchCode",
    mandatoryText: "content",
    text: "claimReason? description?",
    email: "customerEmail?",
    amount: "amount",
    accountNumber: "accountNumber?",
    cardNumber: "cardNumber?",
    instant: "claimDate?",
    ticketNumber: "helpdeskTicketNumber branchComplaintNumber",
  },
  createVoiceTicket: {
    idempotencyKey: "idempotencyKey",
    phone: "customerPhone",
    email: "customerEmail",
    mandatoryLine: "customerName connectId",
    line:
      "subject? mainCategory? categoryName? categoryId? subCategory? detailSubCategory? detailSubCategory2? " +
      "createdByName? createdById?",
    clearLine: "maskedTicketId? sourceTicketId?",
    mandatoryText: "content",
    text: "firstStreamText?",
    instant: "createdAt? closedAt?",
    handlingTime: "handlingTime?",
  },
  updateTicketStatus: { idempotencyKey: "idempotencyKey", ticketId: "ticketId", clearLine: "bsgTicketId" },
};

const fieldsTestedIn = (name: MutationName) =>
  (Object.entries(FIELDS[name]) as [Type, string][]).flatMap(([type, fields]) =>
    fields.split(" ").map((field) => ({ type, field: field.replace("?", ""), isOptional: field.endsWith("?") })),
  );

/** Texts of a bad value that must not leak; none when it is blank or too short to search for. */
function traces(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), "s3cret", "31337", "1111"].filter(
    (trace) => trace.trim().length > 3,
  );
}

const service = sharedService();

/** Runs a mutation. Returns the fields with problems, too, and tells whether Sociomile received it. */
async function attempt(name: MutationName, changes: Readonly<Record<string, unknown>>) {
  const before = service.sandbox.received.length;
  const answer = await mutate(service, name, changes);
  const refused = answer.payload?.problems.map(({ field }) => field).toSorted();
  return { ...answer, refused, wasSent: service.sandbox.received.length > before };
}

describe.each(Object.keys(FIELDS) as MutationName[])("the fields of %s", (name) => {
  const fields = fieldsTestedIn(name);
  const names = fields.map(({ field }) => field).toSorted();
  const attemptWith = (valueFor: (type: Type) => string) =>
    attempt(name, Object.fromEntries(fields.map(({ field, type }) => [field, valueFor(type)])));

  test("MUST all be tested, except status, which is an enum", () => {
    const example = Object.keys(MUTATIONS[name].example).filter((field) => field !== "status");

    expect(names).toEqual([...example, "idempotencyKey"].toSorted());
  });

  test("MUST each be INVALID_INPUT when the value breaks the rules of its type, all at once, and the value is not repeated", async () => {
    const { payload, errors, text, refused, wasSent } = await attemptWith((type) => VALUES[type][0]);

    const ofInput = { code: "INVALID_INPUT", retryable: false, retryAfterSeconds: null, traceId: null };
    expect({ errors, refused, wasSent }).toEqual({ errors: undefined, refused: names, wasSent: false });
    expect(payload).toMatchObject({ ticket: null, replayed: false });
    for (const problem of payload!.problems) expect(problem).toMatchObject({ ...ofInput, message: expect.any(String) });
    for (const { type } of fields) for (const trace of traces(VALUES[type][0])) expect(text).not.toContain(trace);
  });

  test("MUST each be INVALID_INPUT when it is empty, unless it is optional", async () => {
    const { refused, wasSent } = await attemptWith(() => "");

    const needed = fields.filter(({ isOptional }) => !isOptional).map(({ field }) => field);
    expect({ refused, wasSent }).toEqual({ refused: needed.toSorted(), wasSent: false });
  });

  test("MUST each pass at the edge of its rules", async () => {
    const { payload, wasSent } = await attemptWith((type) => VALUES[type][1]);

    expect({ payload, wasSent }).toMatchObject({ payload: { ticket: {}, problems: [] }, wasSent: true });
  });
});

test.each(["createHelpdeskTicket", "createVoiceTicket"] as const)("%s MUST be refused without a key", async (name) => {
  for (const idempotencyKey of [undefined, null]) {
    const { errors, wasSent } = await attempt(name, { idempotencyKey });

    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(wasSent).toBe(false);
  }
});

test("A status change without a key MUST be sent: it sets the same again", async () => {
  expect(await problemsOf(service, "updateTicketStatus", { idempotencyKey: null })).toEqual([]);
});

test("A mistyped value MUST be reported with its field, its rule, its limit, and what would be right", async () => {
  const problems = await problemsOf(service, "createHelpdeskTicket", { customerName: "a".repeat(256) });

  const message = "Please enter at most 255 characters instead of 256.";
  expect(problems).toMatchObject([{ field: "customerName", rule: "TOO_LONG", limit: 255, message }]);
});

test("A wrong date of a filter MUST be named, because others are beside it", async () => {
  const query =
    '{ ticketSubmissions(filter: {createdAfter: "2026-01-01T00:00:00Z", createdBefore: "2025-01-01"}) { nodes { id } } }';
  const { errors } = await service.post(JSON.stringify({ query }));

  const message = expect.stringMatching(/^createdBefore: Please enter a date/);
  expect(errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
});

test("A mistyped number in a search MUST have the rule that it breaks, for a sentence in the caller's language", async () => {
  const query = '{ ticketsByReference(reference: {type: HELPDESK_TICKET_NUMBER, value: "2025-10-23"}) { id } }';
  const { errors } = await service.post(JSON.stringify({ query }));

  expect(errors).toMatchObject([
    { extensions: { code: "BAD_USER_INPUT", field: "value", rule: "NOT_DIGITS", limit: null } },
  ]);
  expect(sentenceForSearch(errors![0]!.extensions as object)).toBe("Mohon isi dengan angka saja.");
});
