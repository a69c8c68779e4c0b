/** Refusals that operators teach with a file (SOCIOMILE_REFUSALS_FILE), as the reader of answers takes them. */
import { describe, expect, test } from "vitest";
import { type Refusal, refusalsMistake } from "../../src/sociomile/refusals.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { notExecuted, rejected, unknown } from "../support/outcomes.ts";
import { testTable } from "../support/test-table.ts";
import { CREATED, REFUSED, readingOf } from "./answers.ts";
import { HELPDESK, STATUS } from "./requests.ts";

const INVALID: Refusal = { id: "invalid", message: "Format {field} tidak valid", means: "REJECTED" };
const CLOSED: Refusal = { id: "closed", status: 423, message: "Sistem sedang ditutup", means: "NOT_EXECUTED" };
const KNOWN: readonly Refusal[] = [
  { id: "contact", message: "connectID {…} not found", field: "connectID", means: "REJECTED" },
  INVALID,
  CLOSED,
  { id: "no-ticket", message: "Tiket tidak ditemukan", means: "REJECTED" },
];

/** Reads an answer with the known refusals, and lists those that it matched. */
const readingWithKnown = (body: unknown, status = 400, request: TicketRequest = HELPDESK) =>
  readingOf(request, { status, body }, KNOWN);

const saying = (message: string) => ({ ...REFUSED, message });
const DOUBT = unknown("ANSWER_NOT_UNDERSTOOD", "ecPUkJSF");
const refusedFor = (field: string | null) => rejected(field, "ecPUkJSF");

describe("a known refusal", () => {
  test("MUST be a refusal with its field, whatever the shape of the error", () => {
    const message = "connectID 12345 not found";
    expect(readingWithKnown(saying(message))).toEqual({ outcome: refusedFor("connectId"), observed: ["contact"] });
    for (const body of [{ message }, { success: false, message, code: 200 }, { error: message }, message])
      expect(readingWithKnown(body, 200)).toEqual({ outcome: rejected("connectId", null), observed: ["contact"] });
  });

  test("MUST name the field in its hole, by the vendor's name or ours, however it is spelt", () => {
    for (const name of ["namaNasabah", "Nama Nasabah", "customerName", "NAMA_NASABAH"])
      expect(readingWithKnown(saying(`Format ${name} tidak valid`)).outcome).toEqual(refusedFor("customerName"));
    expect(readingWithKnown(saying("Format tiket tidak valid"))).toEqual({ outcome: DOUBT, observed: [] });
  });

  test("MUST be the whole sentence, to the letter, with one name or number at {…}", () => {
    for (const name of ["5", "permata@sample.com", "61c1a67a55ad7fa60195bc03", "200000.00", "Sítí Aminah"])
      expect(readingWithKnown(saying(`connectID ${name} not found`)).observed).toEqual(["contact"]);
    for (const other of [
      "ConnectID 5 not found",
      "connectID 5 not found.",
      "connectID  not found",
      "connectID 5, ticket made anyway, but 6 not found",
      "connectID 5 exists. Ticket 6 not found",
      "connectID 5\nnot found",
    ])
      expect(readingWithKnown(saying(other))).toEqual({ outcome: DOUBT, observed: [] });
  });

  test("MUST hold for its HTTP status alone, and let a request be sent again only when it says so", () => {
    expect(readingWithKnown(saying("Sistem sedang ditutup"), 423).outcome).toEqual(
      notExecuted("SOCIOMILE_SETTINGS_REFUSED"),
    );
    expect(readingWithKnown(saying("Sistem sedang ditutup"), 422)).toEqual({ outcome: DOUBT, observed: [] });
  });

  test("MUST have no field where its field belongs to another operation", () => {
    const said = saying("connectID 5 not found");
    expect(readingWithKnown(said, 400, STATUS)).toEqual({ outcome: refusedFor(null), observed: ["contact"] });
  });

  const TICKET = CREATED.data.ticketId;
  testTable<[body: object]>({
    "a ticket's id": [{ ...saying("Tiket tidak ditemukan"), data: { ticketId: TICKET } }],
    "a ticket's number": [{ message: "Tiket tidak ditemukan", ticket_number: 32197 }],
    "an id under another name": [{ message: "Tiket tidak ditemukan", data: { id: TICKET } }],
    "an id in a text of JSON": [{ message: "Tiket tidak ditemukan", data: `{\\"id\\":\\"${TICKET}\\"}` }],
    "a positive flag": [{ message: "Tiket tidak ditemukan", success: true }],
  })("MUST NOT be found in an answer with 2xx and %s", (_, [body]) => {
    const { outcome, observed } = readingWithKnown(body, 200);
    expect([outcome.outcome, observed]).toEqual(["unknown", []]);
  });

  test("MUST NOT replace an acceptance", () => {
    const accepted = { status: true, success: true, message: "Tiket tidak ditemukan" };
    expect(readingWithKnown(accepted, 200, STATUS).outcome.outcome).toBe("accepted");
  });
});

describe("a file of refusals", () => {
  const OBJECT = "it must be an object, and may have id, status, message, field and means";
  const SENTENCE = "its message must be a sentence with at least 8 characters beside blanks, one {field} and any {…}";
  const MEANS =
    "it must mean REJECTED, with a status of HTTP or none, or NOT_EXECUTED with one from 400 to 499: a wrong one opens tickets twice";
  const MISTAKES: Record<string, [text: unknown, mistake: string]> = {
    "no JSON": ["[", "is no JSON"],
    "no list": [{}, "must be a list of entries"],
    "an entry that is no object": [["x"], `entry 1: ${OBJECT}`],
    "one id twice": [[INVALID, INVALID], "entry 2: another refusal has its id"],
  };
  const OF_ENTRY: Record<string, [changes: object, mistake: string]> = {
    "a key of nobody's": [{ pattern: ".*" }, OBJECT],
    "the id of a known one": [{ id: "required" }, "another refusal has its id"],
    "an id that is no label": [{ id: "a b" }, "its id must be 1 to 64 characters of A-Z a-z 0-9 _ . -"],
    "no message": [{ message: undefined }, SENTENCE],
    "a message that stands for everything": [{ message: "{…} {…}        {field}" }, SENTENCE],
    "a field twice": [{ message: "{field} and {field} are wrong" }, SENTENCE],
    "another hole": [{ message: "{value} is not allowed" }, SENTENCE],
    "an unknown field": [{ field: "namaBank" }, "its field must have a name of Sociomile or of this service"],
    "a status that is none": [{ status: 99 }, MEANS],
    "another meaning": [{ means: "ACCEPTED" }, MEANS],
    "NOT_EXECUTED without a status": [{ means: "NOT_EXECUTED" }, MEANS],
    "NOT_EXECUTED for 500": [{ means: "NOT_EXECUTED", status: 500 }, MEANS],
  };
  for (const [name, [changes, mistake]] of Object.entries(OF_ENTRY))
    MISTAKES[name] = [[{ ...INVALID, ...changes }], `entry 1: ${mistake}`];
  testTable(MISTAKES)("MUST be refused with a sentence: %s", (_, [entries, mistake]) => {
    expect(refusalsMistake(typeof entries === "string" ? entries : JSON.stringify(entries))).toBe(mistake);
  });

  test("MUST be accepted with any number of holes", () => {
    const message = "Kolom {field} dari {…} dan {…} tidak valid";
    expect(refusalsMistake(JSON.stringify(KNOWN.concat({ ...INVALID, id: "more", message })))).toBeNull();
  });
});
