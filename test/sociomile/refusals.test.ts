/** Refusals that operators teach with a file (SOCIOMILE_REFUSALS_FILE), as the reader of answers takes them. */
import { describe, expect, test } from "vitest";
import { type Refusal, createTaught, refusalsMistake } from "../../src/sociomile/refusals.ts";
import { readAnswer } from "../../src/sociomile/read.ts";
import { notExecuted, rejected, unknown } from "../support/outcomes.ts";
import { testTable } from "../support/test-table.ts";
import { CREATED, REFUSED } from "./answers.ts";
import { HELPDESK, MANADO, STATUS } from "./requests.ts";

const UNKNOWN_CONTACT: Refusal = {
  id: "contact",
  message: "connectID {any} not found",
  field: "connectID",
  means: "REJECTED",
};
const INVALID: Refusal = { id: "invalid", message: "Format {field} tidak valid", means: "REJECTED" };
const CLOSED: Refusal = {
  id: "closed",
  status: 423,
  message: "Sistem sedang ditutup",
  means: "NOT_EXECUTED",
};
const NO_TICKET: Refusal = { id: "no-ticket", message: "Tiket tidak ditemukan", means: "REJECTED" };
const TAUGHT = [UNKNOWN_CONTACT, INVALID, CLOSED, NO_TICKET];

/** Reads an answer with the taught refusals, and lists those that it matched. */
function taughtReading(body: unknown, status = 400, request: typeof HELPDESK | typeof STATUS = HELPDESK) {
  const ids: string[] = [];
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const outcome = readAnswer(
    request,
    { status, retryAfter: undefined, body: bytes },
    { timeZone: MANADO, notice: () => {}, refusals: TAUGHT, taught: (id) => ids.push(id) },
  );
  return { outcome, ids };
}

const saying = (message: string) => ({ ...REFUSED, message });
const DOUBT = unknown("ANSWER_NOT_UNDERSTOOD", "ecPUkJSF");
const refusedFor = (field: string | null) => rejected(field, "ecPUkJSF");

describe("a taught refusal", () => {
  test("MUST be a refusal with its field, whatever the shape of the error", () => {
    const message = "ConnectID 12345 not found";
    expect(taughtReading(saying(message))).toEqual({ outcome: refusedFor("connectId"), ids: ["contact"] });
    for (const body of [{ message }, { success: false, message, code: 200 }, { error: message }, message])
      expect(taughtReading(body, 200)).toEqual({ outcome: rejected("connectId", null), ids: ["contact"] });
  });

  test("MUST name the field in its hole, by the vendor's name or ours, however it is spelt", () => {
    for (const name of ["namaNasabah", "Nama Nasabah", "customerName", "NAMA_NASABAH"])
      expect(taughtReading(saying(`Format ${name} tidak valid`)).outcome).toEqual(refusedFor("customerName"));
    expect(taughtReading(saying("Format tiket tidak valid"))).toEqual({ outcome: DOUBT, ids: [] });
  });

  test("MUST hold for its HTTP status alone, and let a request be sent again only when it says so", () => {
    expect(taughtReading(saying("Sistem sedang ditutup"), 423).outcome).toEqual(
      notExecuted("SOCIOMILE_SETTINGS_REFUSED"),
    );
    expect(taughtReading(saying("Sistem sedang ditutup"), 422)).toEqual({ outcome: DOUBT, ids: [] });
  });

  test("MUST have no field where its field belongs to another operation", () => {
    const said = saying("connectID 5 not found");
    expect(taughtReading(said, 400, STATUS)).toEqual({ outcome: refusedFor(null), ids: ["contact"] });
  });

  const TICKET = CREATED.data.ticketId;
  testTable<[body: object]>({
    "a ticket's id": [{ ...saying("Tiket tidak ditemukan"), data: { ticketId: TICKET } }],
    "a ticket's number": [{ message: "Tiket tidak ditemukan", ticket_number: 32197 }],
    "an id under another name": [{ message: "Tiket tidak ditemukan", data: { id: TICKET } }],
    "an id in a text of JSON": [{ message: "Tiket tidak ditemukan", data: `{\\"id\\":\\"${TICKET}\\"}` }],
    "a positive flag": [{ message: "Tiket tidak ditemukan", success: true }],
  })("MUST NOT be found in an answer with 2xx and %s", (_, [body]) => {
    const { outcome, ids } = taughtReading(body, 200);
    expect([outcome.outcome, ids]).toEqual(["unknown", []]);
  });

  test("MUST NOT replace an acceptance", () => {
    const accepted = { status: true, success: true, message: "Tiket tidak ditemukan" };
    expect(taughtReading(accepted, 200, STATUS).outcome.outcome).toBe("accepted");
  });
});

describe("a file of refusals", () => {
  testTable<[entries: unknown, mistake: string]>({
    "no JSON": ["[", "is no JSON"],
    "no list": [{}, "must be a list of entries"],
    "10,000 entries": [Array.from({ length: 10_000 }, () => INVALID), "has 10000 entries, and may have 200"],
    "an entry that is no object": [
      ["x"],
      "entry 1: it must be an object, and may have id, status, message, field and means",
    ],
    "a key of nobody's": [
      [{ ...INVALID, pattern: ".*" }],
      "entry 1: it must be an object, and may have id, status, message, field and means",
    ],
    "the id of a known one": [[{ ...INVALID, id: "required" }], "entry 1: another refusal has its id"],
    "one id twice": [[INVALID, INVALID], "entry 2: another refusal has its id"],
    "an id that is no label": [
      [{ ...INVALID, id: "a b" }],
      "entry 1: its id must be 1 to 64 characters of A-Z a-z 0-9 _ . -",
    ],
    "a status that is none": [[{ ...INVALID, status: 99 }], "entry 1: its status must be one of HTTP"],
    "no message": [
      [{ ...INVALID, message: undefined }],
      "entry 1: its message must be text of at most 500 characters",
    ],
    "a message that matches everything": [
      [{ ...INVALID, message: "{any}" }],
      "entry 1: its message must have at least 8 characters beside blanks and the hole, or it would match too much",
    ],
    "a message of blanks": [
      [{ ...INVALID, message: "        {any}" }],
      "entry 1: its message must have at least 8 characters beside blanks and the hole, or it would match too much",
    ],
    "two holes": [
      [{ ...INVALID, message: "{field} and {any} are wrong" }],
      "entry 1: its message may have one hole",
    ],
    "another hole": [
      [{ ...INVALID, message: "{value} is not allowed" }],
      "entry 1: the hole in its message must be {field} or {any}",
    ],
    "an unknown field": [
      [{ ...INVALID, field: "namaBank" }],
      "entry 1: its field is none of Sociomile's names, nor of this service's",
    ],
    "another meaning": [
      [{ ...INVALID, means: "ACCEPTED" }],
      "entry 1: it must mean REJECTED or NOT_EXECUTED",
    ],
    "NOT_EXECUTED without a status": [
      [{ ...CLOSED, status: undefined }],
      "entry 1: NOT_EXECUTED needs a status from 400 to 499, because a wrong one opens tickets twice",
    ],
    "NOT_EXECUTED for 500": [
      [{ ...CLOSED, status: 500 }],
      "entry 1: NOT_EXECUTED needs a status from 400 to 499, because a wrong one opens tickets twice",
    ],
  })("MUST be refused with a sentence: %s", (_, [entries, mistake]) => {
    expect(refusalsMistake(typeof entries === "string" ? entries : JSON.stringify(entries))).toBe(mistake);
  });

  test("MUST be taken as a whole, and anew when its text changes", () => {
    let text: string | null = null;
    const taught = createTaught(() => text);
    expect(taught()).toEqual([]);
    text = JSON.stringify(TAUGHT);
    expect(taught()).toEqual(TAUGHT);
    text = JSON.stringify([CLOSED]);
    expect(taught()).toEqual([CLOSED]);
  });
});
