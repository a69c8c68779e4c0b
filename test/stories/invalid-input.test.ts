import { describe, expect, test } from "vitest";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

type Kind =
  | "mandatoryLine"
  | "line"
  | "mandatoryText"
  | "text"
  | "email"
  | "phone"
  | "digits"
  | "amount"
  | "instant"
  | "handlingTime"
  | "ticketId"
  | "idempotencyKey";

/** Kind of each input field. The marker "?" is for fields that may be empty. */
const FIELDS: Record<MutationName, Record<string, Kind | `${Kind}?`>> = {
  createHelpdeskTicket: {
    idempotencyKey: "idempotencyKey",
    customerName: "mandatoryLine",
    content: "mandatoryText",
    customerEmail: "email?",
    connectId: "mandatoryLine",
    transactionMedia: "mandatoryLine",
    transactionType: "line?",
    amount: "amount",
    accountNumber: "digits?",
    cardNumber: "digits?",
    transactionId: "line?",
    claimReason: "text?",
    claimDate: "instant?",
    branchCode: "mandatoryLine",
    branchName: "mandatoryLine",
    atmName: "mandatoryLine",
    atmId: "mandatoryLine",
    description: "text?",
    helpdeskTicketNumber: "digits",
    branchComplaintNumber: "digits",
  },
  createVoiceTicket: {
    idempotencyKey: "idempotencyKey",
    customerPhone: "phone",
    customerEmail: "email",
    customerName: "mandatoryLine",
    content: "mandatoryText",
    connectId: "mandatoryLine",
    maskedTicketId: "line?",
    sourceTicketId: "line?",
    subject: "line?",
    createdAt: "instant?",
    closedAt: "instant?",
    handlingTime: "handlingTime?",
    mainCategory: "line?",
    categoryName: "line?",
    categoryId: "line?",
    subCategory: "line?",
    detailSubCategory: "line?",
    detailSubCategory2: "line?",
    createdByName: "line?",
    createdById: "line?",
    firstStreamText: "text?",
  },
  updateTicketStatus: {
    idempotencyKey: "idempotencyKey",
    ticketId: "ticketId",
    bsgTicketId: "mandatoryLine",
  },
};

/** Values that fit on one line of code each. */
const values = (list: string): string[] => list.split("|");

const BLANK = values(
  "| |\t \n|\u00a0\u3000|\u200b\u200d\ufeff|\u0000|\u115f\u1160|\u3164|\uffa0|\u2800|\u0301|\ue000",
);
const BAD_TEXT = values(
  "s3cret\u0000|s3cret\u001b[31m|s3cret\u0085x|s3cret\u007f|s3cret\ud800|\udc00s3cret|s3cret\udc00\ud800",
);
const BAD_LINE = [
  ...BAD_TEXT,
  ...values("s3cret\nline|s3cret\rline|s3cret\ttab|s3cret\u2028line|s3cret\u2029line|s3cret\fline"),
  ...values("s3cret\u200bword|s3cret\u2060word|s3cret\ufeffword|s3cret\u00adword|s3cret\u202eword"),
  ...values("\u202es3cret|\u2067s3cret|s3cret\u2066word|s3cret\u200fword|s3cret\u3164word|s3cret\u{e0041}"),
  ...values("s3cret\u200dword|s3cret\u200cword|s3cret\ufe0f"),
  "s3cret".padEnd(256, "x"),
  "😀".repeat(256),
];
const BAD_LONG_TEXT = [...BAD_TEXT, "s3cret".padEnd(20_001, "x"), "😀".repeat(20_001)];

/** Makes an address of `length` characters whose parts are not too long. */
const addressOf = (length: number): string =>
  `${"s".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(length - 197)}.com`;

const BAD: Record<Kind, string[]> = {
  mandatoryLine: [...BLANK, ...BAD_LINE],
  line: BAD_LINE,
  mandatoryText: [...BLANK, ...BAD_LONG_TEXT],
  text: BAD_LONG_TEXT,
  email: [
    ...values("| |s3cret|s3cret@|@s3cret.com|s3crét@mail.com|s3cret@bänk.id|Budi <s3cret@mail.com>"),
    ...values("s3cret @mail.com|s3cret@mail.com,other@mail.com|s3cret\u0000@mail.com"),
    addressOf(255),
  ],
  phone: [
    ...values("| |12|+1|0831337083133708|++6231337000|+62 (0)831337000|0831337000 ext 2|٠٨٣١٣٣٧٠٠٠"),
    ...values("0831337000, 0831337001|\u202e0831337000|tel:0831337000|0831337000+"),
  ],
  digits: values(
    "|31337a|-31337|31337-|+31337|31337.0|31.337|31337,0|٣١٣٣٧|0x31337|31337313373133731337|3133731337 3133731337",
  ),
  amount: [
    ...values("|-31337|+31337|31,337|31337.|.31337|31337.123|031337|31337e5|0x31337|Rp 31337|NaN|Infinity"),
    ...values("31 337|31.337.000|31337,-|٣١٣٣٧|3133700000000000|00|-0"),
  ],
  instant: [
    ...values("s3cret|2031-02-30T13:37:00Z|2031-13-01T13:37:00Z|2031-12-13|2031-12-13T13:37:00|1924902000"),
    ...values(
      "2031-12-13T24:13:37Z|2031-12-13T13:60:37Z|2031-12-13T13Z|13/12/2031 13:37|2031-12-13T13:37.5Z",
    ),
    ...values("2031-12-13T13:37:00+24:00|2031-12-13T13:37:00Z[UTC]|-002031-12-13T13:37:00Z"),
    ...values("2031-02-29T13:37:00Z|0000-12-13T13:37:00Z|2031-12-13 13:37|2031-12-13T13:37:00+8"),
  ],
  handlingTime: values("s3cret|31:37|31:60:37|31:37:60|31:7:37|31337:00:00|-31:37:00|31:37:00.5|31.37.00"),
  ticketId: [
    ...values("| |s3cret id|s3cret\u200bid|s3cret\u00e9|s3cret\nid|s3cret\u0000|s3cret\u202eid|\u202es3cret"),
    "s3cret".padEnd(256, "x"),
  ],
  idempotencyKey: [
    ...values("|s3cret-15-chars|3133731337313373|s3cret with blanks|s3cret-with-ümlaut|s3cret/with/slashes"),
    ...values("s3cret-with-a-break\n| s3cret-in-blanks |\u0000s3cret-and-a-zero"),
    ...values(
      "s3cret-3133-7313-3731-3373|s3cret_3133_731337_31337|s3cret-3133731337313|s3cret-3-1-3-3-7-3-1-3-3-7-3-1-3",
    ),
    "s3cret".padEnd(129, "x"),
  ],
};

/** Values that pass as they are, or after they are put into form. */
const GOOD: Record<Kind, string[]> = {
  mandatoryLine: [
    ...values("x| x |<b>'\"; -- \\|👩‍👩‍👧 עברית|\u200bx|\ufeffx\u00a0\r\n|नमस्ते ❤️|क्‍ष 1️⃣ #️⃣|e\u0301|-"),
    "😀".repeat(255),
    "x".repeat(255).padStart(300),
  ],
  line: [" ", "\u200b", "😀".repeat(255), "x".repeat(255)],
  mandatoryText: ["x", "\n\tx\r\n ", "x\vy\fz", "x".repeat(20_000), "😀".repeat(20_000)],
  text: [" ", "\n\t", "\v", "x".repeat(20_000), "😀".repeat(20_000)],
  email: ["a@b.id", "a.b+c_d@mail.example.co.id", " a@b.id\r\n", addressOf(254)],
  phone: values(
    "123|+123|12345678|123456789012345|+123456789012345|(0831) 337.000/1|\u202a+62 831‑337\u202c",
  ),
  digits: ["0", "7", "313 37", " 4111-1111–1111\u00a01111\n", "0".repeat(19), "9".repeat(19)],
  amount: values("0|0.5|0.50|1| 1\n|999999999999999|999999999999999.99"),
  instant: [
    ...values(
      "2024-02-29T00:00:00Z|2025-10-23T23:59:59.5-12:00|0001-06-01T00:00:00Z|9999-06-01T00:00:00+14:00",
    ),
    ...values("2031-12-13T13:37Z|2031-12-13T13:37:00+0800|2031-12-13 13:37+08:00| 2031-12-13T13:37:00Z\n"),
  ],
  handlingTime: values("0:00:00|24:00:00|9999:59:59|10:10:09| 10:10:09\t"),
  ticketId: ["x", " x\u00a0", "690d950c5f287ad0ff3bd9d5", "!~", "x".repeat(255)],
  idempotencyKey: [
    ...values("abcdefghijklmnop|012345678901-_Zz|claim-2025-10-23-0001|12345678-1234-4123-8123-1234567890ab"),
    ...values("desk-12345678-1234-4123-8123-1234567890ab|1234567890123456789012345678901f"),
    "x".repeat(128),
  ],
};

const CASES = Object.entries(FIELDS).flatMap(([name, fields]) =>
  Object.entries(fields).map(([field, kind]) => ({
    name: name as MutationName,
    field,
    kind: kind.replace("?", "") as Kind,
    optional: kind.endsWith("?"),
  })),
);

const NAMES = Object.keys(FIELDS) as MutationName[];

/** Texts of a bad value that must not leak; none when it is blank or too short to search for. */
function traces(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), "s3cret", "31337"].filter(
    (trace) => trace.trim().length > 3,
  );
}

describe("input that breaks a constraint", () => {
  test.each(NAMES)("MUST be tested in every field of %s except status, which is an enum", (name) => {
    const example = Object.keys(MUTATIONS[name].example).filter((field) => field !== "status");

    expect(Object.keys(FIELDS[name]).toSorted()).toEqual([...example, "idempotencyKey"].toSorted());
  });

  test.each(CASES)(
    "MUST be INVALID_INPUT in $name, $field ($kind)",
    async ({ name, field, kind, optional }) => {
      await using service = await startService();

      for (const value of BAD[kind].filter((bad) => bad.trim() !== "" || !optional)) {
        const { payload, errors, text } = await mutate(service, name, { [field]: value });

        const problem = {
          code: "INVALID_INPUT",
          field,
          retryable: false,
          retryAfterSeconds: null,
          traceId: null,
        };
        expect({ value, errors, payload }).toMatchObject({
          value,
          errors: undefined,
          payload: {
            ticket: null,
            problems: [{ ...problem, message: expect.stringMatching(/^The (?:text|value) must .*\.$/) }],
            replayed: false,
          },
        });
        for (const trace of traces(value)) expect(text).not.toContain(trace);
      }
      expect(service.sandbox.received).toEqual([]);
    },
  );

  test.each(NAMES)("MUST be reported for all fields of %s at once, one problem for each", async (name) => {
    await using service = await startService();
    const fields = Object.keys(FIELDS[name]);

    const { payload, text } = await mutate(
      service,
      name,
      Object.fromEntries(fields.map((field) => [field, "s3cret\u0000"])),
    );

    expect(payload?.problems.map(({ code }) => code)).toEqual(fields.map(() => "INVALID_INPUT"));
    expect(payload?.problems.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    expect(text).not.toContain("s3cret");
    expect(service.sandbox.received).toEqual([]);
  });

  test("MUST have one problem for each field, in the order of the schema", async () => {
    await using service = await startService();

    const wrong = { subject: "two\nlines", customerName: "", idempotencyKey: "short" };
    const { payload } = await mutate(service, "createVoiceTicket", wrong);

    expect(payload?.problems.map(({ field }) => field)).toEqual([
      "idempotencyKey",
      "customerName",
      "subject",
    ]);
  });
});

describe("a field that the way of submitting needs", () => {
  test("MUST be reported together with every wrong field", async () => {
    await using service = await startService();

    const missing = { idempotencyKey: null, sourceTicketId: " ", customerName: "" };
    const ways = { whenUnavailable: "DELIVER_LATER", unlessAlreadyOpened: true };
    const { payload } = await mutate(service, "createVoiceTicket", { ...missing, ...ways });

    expect(payload?.problems).toMatchObject([
      { code: "INVALID_INPUT", field: "idempotencyKey", message: "DELIVER_LATER needs an idempotency key." },
      { code: "INVALID_INPUT", field: "customerName" },
      {
        code: "INVALID_INPUT",
        field: "sourceTicketId",
        message: "unlessAlreadyOpened needs the id of the ticket in Omnix.",
      },
    ]);
    expect(service.sandbox.received).toEqual([]);
  });

  test.each(NAMES)("MUST be asked of %s only then", async (name) => {
    await using service = await startService();
    const later = { whenUnavailable: "DELIVER_LATER", idempotencyKey: null };

    const { payload } = await mutate(service, name, later);
    const { payload: atOnce } = await mutate(service, name, { idempotencyKey: null });

    expect(payload?.problems).toMatchObject([{ code: "INVALID_INPUT", field: "idempotencyKey" }]);
    expect(atOnce?.problems).toEqual([]);
  });
});

describe("input at the edge of a constraint", () => {
  test.each(CASES)("MUST pass in $name, $field ($kind)", async ({ name, field, kind, optional }) => {
    await using service = await startService();
    const passing = [...GOOD[kind], ...(optional ? ["", null] : [])];

    for (const value of passing) {
      const { payload } = await mutate(service, name, { [field]: value });

      expect({ value, payload }).toMatchObject({ value, payload: { ticket: {}, problems: [] } });
    }
    expect(service.sandbox.received).toHaveLength(passing.length);
  });

  test.each(NAMES)("MUST pass in %s with a key that is null", async (name) => {
    await using service = await startService();

    const { payload } = await mutate(service, name, { idempotencyKey: null });

    expect(payload).toMatchObject({ ticket: {}, problems: [] });
  });
});
