import { describe, expect, test } from "vitest";
import { NO_KEY, NO_NUMBER } from "../../src/tickets/fields/needed-fields.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

/** Types of fields, each with a value that breaks a rule, and one that does not. test/tickets/fields has all rules. */
const VALUES = {
  mandatoryLine: ["s3cret\nline", "\u200bx\u00a0"],
  line: ["s3cret\u0000", " "],
  clearLine: ["s3cret-4111-1111-1111-1111", "x"],
  mandatoryText: [" \u3164", "\n\tx\r\n "],
  text: ["s3cret\ud800", " "],
  email: ["s3cret@mail", " a..b.@b.id\r\n"],
  phone: ["021-8313370-101", "(0831) 337.000-1"],
  ticketNumber: ["31337-31338", " 31337\n"],
  accountNumber: ["12331337 12331338", "0012-31337"],
  cardNumber: ["4111 1111 1111 1111 337", " 4111-1111–1111\u00a01111\n"],
  amount: ["31.337", "Rp 31.337,00"],
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
  updateTicketStatus: {
    idempotencyKey: "idempotencyKey",
    ticketId: "ticketId",
    clearLine: "bsgTicketId",
  },
};

const CASES = Object.entries(FIELDS).flatMap(([name, types]) =>
  Object.entries(types).flatMap(([type, fields]) =>
    fields.split(" ").map((field) => ({
      name: name as MutationName,
      field: field.replace("?", ""),
      type: type as Type,
      optional: field.endsWith("?"),
    })),
  ),
);
const testedFieldsOf = (name: MutationName) => CASES.flatMap((one) => (one.name === name ? one.field : []));

const NAMES = Object.keys(FIELDS) as MutationName[];

/** Texts of a bad value that must not leak; none when it is blank or too short to search for. */
function traces(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), "s3cret", "31337", "1111"].filter(
    (trace) => trace.trim().length > 3,
  );
}

const service = sharedService();

/** Runs a mutation. Tells also whether Sociomile received it. */
async function attempt(name: MutationName, changes: Readonly<Record<string, unknown>>) {
  const before = service.sandbox.received.length;
  const answer = await mutate(service, name, changes);
  return { ...answer, wasSent: service.sandbox.received.length > before };
}

describe("input that breaks a constraint", () => {
  test.each(NAMES)("MUST be tested in every field of %s except status, which is an enum", (name) => {
    const example = Object.keys(MUTATIONS[name].example).filter((field) => field !== "status");

    expect(testedFieldsOf(name).toSorted()).toEqual([...example, "idempotencyKey"].toSorted());
  });

  test.each(CASES)(
    "MUST be INVALID_INPUT in $name, $field ($type)",
    async ({ name, field, type, optional }) => {
      for (const value of [VALUES[type][0], ...(optional ? [] : [""])]) {
        const { payload, errors, text, wasSent } = await attempt(name, { [field]: value });

        const problem = {
          code: "INVALID_INPUT",
          field,
          retryable: false,
          retryAfterSeconds: null,
          traceId: null,
        };
        expect({ value, errors, payload, wasSent }).toMatchObject({
          value,
          wasSent: false,
          errors: undefined,
          payload: { ticket: null, problems: [{ ...problem, message: expect.any(String) }], replayed: false },
        });
        for (const trace of traces(value)) expect(text).not.toContain(trace);
      }
    },
  );

  test.each(NAMES)("MUST be reported for all fields of %s at once, one problem for each", async (name) => {
    const fields = testedFieldsOf(name);

    const { payload, text, wasSent } = await attempt(
      name,
      Object.fromEntries(fields.map((field) => [field, "s3cret\u0000"])),
    );

    expect(payload?.problems.map(({ code }) => code)).toEqual(fields.map(() => "INVALID_INPUT"));
    expect(payload?.problems.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    expect(text).not.toContain("s3cret");
    expect(wasSent).toBe(false);
  });
});

describe("a field that the way of submitting needs", () => {
  test("MUST be reported together with every wrong field", async () => {
    const missing = { idempotencyKey: null, sourceTicketId: " ", customerName: "" };
    const ways = { whenUnavailable: "DELIVER_LATER", unlessAlreadyOpened: true };
    const { payload, wasSent } = await attempt("createVoiceTicket", { ...missing, ...ways });

    expect(payload?.problems).toMatchObject([
      { code: "INVALID_INPUT", field: "idempotencyKey", message: NO_KEY.message },
      { code: "INVALID_INPUT", field: "customerName" },
      { code: "INVALID_INPUT", field: "sourceTicketId", message: NO_NUMBER.message },
    ]);
    expect(wasSent).toBe(false);
  });

  test.each(NAMES)("MUST be asked of %s only then", async (name) => {
    const later = { whenUnavailable: "DELIVER_LATER", idempotencyKey: null };

    const { payload } = await attempt(name, later);
    const { payload: atOnce } = await attempt(name, { idempotencyKey: null });

    expect(payload?.problems).toMatchObject([{ code: "INVALID_INPUT", field: "idempotencyKey" }]);
    expect(atOnce?.problems).toEqual([]);
  });
});

describe("input at the edge of a constraint", () => {
  test.each(CASES)("MUST pass in $name, $field ($type)", async ({ name, field, type, optional }) => {
    const passing = [VALUES[type][1], ...(optional ? ["", null] : [])];

    for (const value of passing) {
      const { payload, wasSent } = await attempt(name, { [field]: value });

      expect({ value, payload, wasSent }).toMatchObject({
        value,
        payload: { ticket: {}, problems: [] },
        wasSent: true,
      });
    }
  });
});
