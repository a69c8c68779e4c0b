/**
 * Inputs as front ends of Indonesian banks send them, with what Sociomile receives or what the caller is told. Form is
 * forgiven: blanks, separators, line ends of pasted cells. What could mean two things is refused, with an example of what would
 * be right.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MutationName, mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

/** JSON that Sociomile receives, or the sentence that the caller gets. */
type Result = { receives: string | undefined } | { told: string };
type Row = [habit: string, typed: unknown, result: Result];

const receives = (json: string): Result => ({ receives: json });
const NOTHING: Result = { receives: undefined };
const told = (sentence: string): Result => ({ told: sentence });
/** A number in JSON as a program wrote it. */
const numberAs = (number: string): unknown => JSON.rawJSON(number);

const NO_PHONE = told(
  "The value must be one phone number, such as 0812-3456-7890 or +62 812 3456 7890, without (0) after the country code: " +
    "an optional + and 3 to 15 digits.",
);
const phones: Row[] = [
  ["blanks", "0812 3456 7890", receives('"081234567890"')],
  ["dashes", "0812-3456-7890", receives('"081234567890"')],
  ["dots", "0812.3456.7890", receives('"081234567890"')],
  ["the country's code", "+62 812 3456 7890", receives('"+6281234567890"')],
  ["an area code in brackets", "(0431) 851234", receives('"0431851234"')],
  ["an area code before a slash", "0431/851234", receives('"0431851234"')],
  ["dashes of a word processor", "0812‑3456–7890", receives('"081234567890"')],
  ["a contact app's invisible marks", "\u202a+62 812-3456-7890\u202c", receives('"+6281234567890"')],
  ["the line end of a cell", "081234567890\r\n", receives('"081234567890"')],
  ["a short number", "14045", receives('"14045"')],
  ["an extension", "123", receives('"123"')],
  ["(0) after the country's code", "+62 (0)812 3456 7890", NO_PHONE],
  ["two numbers", "0812 3456 7890 / 0813 3456 7890", NO_PHONE],
  ["a remark", "0812 3456 7890 (WA)", NO_PHONE],
  ["a word for nothing", "-", NO_PHONE],
];

const notOneLine = (character: number): Result =>
  told(
    "The text must be one line without tabs and invisible characters, such as Cabang Utama. " +
      `Remove or replace character ${character}.`,
  );
const NOT_SEEN = told("The text must hold something that can be seen, such as a letter or a digit.");
const names: Row[] = [
  ["blanks around", "  Budi Santoso ", receives('"Budi Santoso"')],
  ["the line end of a cell", "Budi Santoso\r\n", receives('"Budi Santoso"')],
  ["a no-break space at the end", "Budi Santoso\u00a0", receives('"Budi Santoso"')],
  ["a zero-width space at the start", "\u200bBudi Santoso", receives('"Budi Santoso"')],
  ["titles", "Hj. Siti Ma'ruf, S.E., M.M.", receives('"Hj. Siti Ma\'ruf, S.E., M.M."')],
  ["accents", "I Gusti Pérez-Ñandú", receives('"I Gusti Pérez-Ñandú"')],
  ["one letter", "A", receives('"A"')],
  ["two cells", "Budi\tSantoso", notOneLine(5)],
  ["two lines", "Budi\nSantoso", notOneLine(5)],
  ["a zero-width space inside", "Budi \u200bSantoso", notOneLine(6)],
  ["letters that are shown from right to left", "\u202eosotnaS iduB", notOneLine(1)],
  ["blanks alone", "   ", NOT_SEEN],
  ["a letter that renders as nothing", "\u3164", NOT_SEEN],
  ["too much", "B".repeat(256), told("The text must have at most 255 characters. It has 256.")],
];

const NO_TIME = told(
  "The value must be a time with an offset, such as 2026-01-31T09:30:00+08:00, and exist in the calendar.",
);
const dates: Row[] = [
  ["JavaScript's toISOString()", "2025-10-23T08:54:08.123Z", receives('"2025-10-23 16:54:08"')],
  ["the time of Manado", "2025-10-23T16:54:08+08:00", receives('"2025-10-23 16:54:08"')],
  ["the time of Jakarta", "2025-10-23T15:54:08+07:00", receives('"2025-10-23 16:54:08"')],
  ["no seconds", "2025-10-23T16:54+08:00", receives('"2025-10-23 16:54:00"')],
  ["an offset without colon", "2025-10-23T16:54:08+0800", receives('"2025-10-23 16:54:08"')],
  ["a blank for the T", "2025-10-23 16:54:08+08:00", receives('"2025-10-23 16:54:08"')],
  ["blanks around", " 2025-10-23T16:54:08+08:00\n", receives('"2025-10-23 16:54:08"')],
  ["an empty field", "", NOTHING],
  ["a blank field", "  ", NOTHING],
  ["no offset", "2025-10-23T16:54:08", NO_TIME],
  ["the day first", "23/10/2025 16:54", NO_TIME],
  ["words", "23 Oktober 2025 pukul 16.54 WITA", NO_TIME],
  ["30 February", "2025-02-30T16:54:08+08:00", NO_TIME],
  [
    "seconds since 1970",
    numberAs("1761209648"),
    told(
      "CreateHelpdeskTicketInput.claimDate must have the type DateTime. " +
        'Send a string, such as "2026-01-31T09:30:00+08:00".',
    ),
  ],
];

const NO_AMOUNT = told(
  "The value must be an amount such as 200000 or 200000.75: no thousands separator; a point before the decimals. " +
    "It has at most 15 digits and 2 decimals, and no leading zeros.",
);
const NOT_EXACT =
  "A JSON number is accepted only when it is a whole number up to 9007199254740991, without decimals or exponent.";
const NO_EXACT_AMOUNT = told(
  "CreateHelpdeskTicketInput.amount must have the type Rupiah. Send the amount as a string, such as " +
    `"200000" or "200000.75": no thousands separator; a point before the decimals. ${NOT_EXACT}`,
);
const amounts: Row[] = [
  ["text", "200000", receives("200000")],
  ["decimals", "200000.75", receives("200000.75")],
  ["blanks around", " 200000\t", receives("200000")],
  ["a whole number", numberAs("200000"), receives("200000")],
  ["points between the thousands", "200.000", NO_AMOUNT],
  ["commas between the thousands", "200,000", NO_AMOUNT],
  ["blanks between the thousands", "200 000", NO_AMOUNT],
  ["the currency", "Rp 200.000,-", NO_AMOUNT],
  ["a minus", "-200000", NO_AMOUNT],
  ["a number with a point between the thousands", numberAs("200.000"), NO_EXACT_AMOUNT],
  ["a number with decimals", numberAs("200000.0"), NO_EXACT_AMOUNT],
  ["a number with an exponent", numberAs("2e5"), NO_EXACT_AMOUNT],
  ["minus zero", numberAs("-0"), NO_EXACT_AMOUNT],
];

const NO_DIGITS = told("The value must be 1 to 19 digits, such as 826282. Sociomile takes digits only.");
const accounts: Row[] = [
  ["blanks as on a card", "1920 3844 5820 1205", receives("1920384458201205")],
  ["dashes", "1920-3844-5820-1205", receives("1920384458201205")],
  ["zeros in front", "0012-356788", receives('"0012356788"')],
  ["a minus in front", "-12356788", NO_DIGITS],
  ["points", "123.567.88", NO_DIGITS],
  ["letters", "REK 12356788", NO_DIGITS],
  [
    "a number with too many digits",
    numberAs("9007199254740993"),
    told(
      "CreateHelpdeskTicketInput.accountNumber must have the type Digits. " +
        `Send a string of digits, such as "826282". ${NOT_EXACT}`,
    ),
  ],
];

const texts: Row[] = [
  ["blanks and line ends", "  Saldo terpotong \r\n ", receives('"  Saldo terpotong \\r\\n "')],
  ["soft breaks of a word processor", "Saldo\vterpotong", receives('"Saldo\\nterpotong"')],
  ["emoji", "Tolong dibantu 🙏🏽", receives('"Tolong dibantu 🙏🏽"')],
  ["numbers", "1.50, -0, [9007199254740993]", receives('"1.50, -0, [9007199254740993]"')],
  [
    "a control character",
    "Saldo\r\nterpotong\nuang\u0007 tidak keluar",
    told(
      "The text must have no control characters except line breaks and tabs. Remove the control character in line 3.",
    ),
  ],
];

const NO_EMAIL = told(
  "The value must be one e-mail address in ASCII, such as budi@example.com, of at most 254 characters.",
);
const emails: Row[] = [
  ["blanks around", " siti@mail.co.id\n", receives('"siti@mail.co.id"')],
  ["a comma for a point", "siti@mail,co,id", NO_EMAIL],
  ["a name and an address", "Siti <siti@mail.co.id>", NO_EMAIL],
];

const durations: Row[] = [
  ["more than a day", "26:10:09", receives('"26:10:09"')],
  ["blanks around", " 00:10:09 ", receives('"00:10:09"')],
  [
    "points",
    "00.10.09",
    told(
      "The value must be hours, minutes and seconds, such as 0:10:09 or 26:10:09, with at most 4 digits of hours.",
    ),
  ],
];

const ticketIds: Row[] = [
  ["the line end of a cell", "61c1a67a55ad7fa60195bc03\r\n", receives('"61c1a67a55ad7fa60195bc03"')],
  ["a whole number", numberAs("9007199254740991"), receives('"9007199254740991"')],
  [
    "an invisible character inside",
    "61c1a67a55ad\u200b7fa60195bc03",
    told(
      "The value must be the id of a ticket in Sociomile, such as 690d950c5f287ad0ff3bd9d5: " +
        "1 to 255 visible ASCII characters.",
    ),
  ],
  [
    "a number with too many digits",
    numberAs("9007199254740993"),
    told(`UpdateTicketStatusInput.ticketId must have the type ID. Send the id as a string. ${NOT_EXACT}`),
  ],
];

const statuses: Row[] = [
  ["the value of the schema", "IN_PROGRESS", receives('"InProgress"')],
  [
    "Sociomile's own word",
    "InProgress",
    told(
      "UpdateTicketStatusInput.status must have the type TicketStatus. " +
        "Send one of OPEN, IN_PROGRESS, PENDING, PENDING_APPROVAL, ON_HOLD, CLOSE.",
    ),
  ],
];

const TABLE: [subject: string, MutationName, field: string, vendorField: string, Row[]][] = [
  ["a phone number", "createVoiceTicket", "customerPhone", "customer_hp", phones],
  ["a name", "createHelpdeskTicket", "customerName", "namaNasabah", names],
  ["a date", "createHelpdeskTicket", "claimDate", "claimDate", dates],
  ["an amount", "createHelpdeskTicket", "amount", "nominal", amounts],
  ["an account number", "createHelpdeskTicket", "accountNumber", "nomorRekening", accounts],
  ["a long text", "createHelpdeskTicket", "content", "content", texts],
  ["an e-mail address", "createVoiceTicket", "customerEmail", "customer_email", emails],
  ["a handling time", "createVoiceTicket", "handlingTime", "handlingTime", durations],
  ["the id of a ticket", "updateTicketStatus", "ticketId", "sociomile_ticket_id", ticketIds],
  ["a status", "updateTicketStatus", "status", "status", statuses],
];

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service[Symbol.asyncDispose]());

test("The table MUST have at least 60 inputs", () => {
  expect(TABLE.flatMap(([, , , , rows]) => rows).length).toBeGreaterThanOrEqual(60);
});

describe.each(TABLE)("%s", (_, mutation, field, vendorField, rows) => {
  test.each(rows)("MUST be read as documented with %s", async (__, typed, result) => {
    const before = service.sandbox.received.length;

    const { payload, errors = [] } = await mutate(service, mutation, { [field]: typed });

    const problems = payload?.problems ?? [];
    const sentences = [...problems, ...errors].map(({ message }) => message);
    const wasSent = service.sandbox.received.length > before;
    const found = wasSent
      ? { receives: wireValue(service.lastBody(), vendorField) }
      : { told: sentences.join("\n") };
    expect(found).toStrictEqual(result);
    expect(problems.filter((problem) => problem.code !== "INVALID_INPUT" || problem.field !== field)).toEqual(
      [],
    );
  });
});

test("A request that is typed again with other blanks MUST be the same request under its key", async () => {
  const key = "desk-7f0c-the-same-request";
  const first = await mutate(service, "createHelpdeskTicket", { idempotencyKey: key });

  const again = await mutate(service, "createHelpdeskTicket", {
    idempotencyKey: key,
    customerName: " Alex\u00a0",
    cardNumber: "1920 3844 5820 1205",
    amount: " 200000 ",
    claimDate: "2025-10-23 16:54:08+0800",
    transactionId: "LED-001\r\n",
  });

  expect(again.payload).toMatchObject({
    replayed: true,
    ticket: { id: first.payload?.ticket?.id },
    problems: [],
  });
});
