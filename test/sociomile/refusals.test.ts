/** Refusals that operators teach with a file (SOCIOMILE_REFUSALS_FILE), as the reader of answers takes them. */
import { describe, expect, test } from "vitest";
import { type Refusal, refusalsMistake } from "../../src/sociomile/refusals.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { notExecuted, rejected, unknown } from "../support/outcomes.ts";
import { testTable } from "../support/test-table.ts";
import { CREATED, REFUSED, readingOf } from "./answers.ts";
import { HELPDESK, STATUS } from "./requests.ts";

const INVALID: Refusal = { id: "invalid", message: "Format {field} tidak valid", means: "REJECTED" };
const CLOSED: Refusal = {
  id: "closed",
  status: 423,
  message: "Sistem sedang ditutup",
  means: "NOT_EXECUTED",
};
const TAUGHT: readonly Refusal[] = [
  { id: "contact", message: "connectID {any} not found", field: "connectID", means: "REJECTED" },
  INVALID,
  CLOSED,
  { id: "no-ticket", message: "Tiket tidak ditemukan", means: "REJECTED" },
];

/** Reads an answer with the taught refusals, and lists those that it matched. */
const taughtReading = (body: unknown, status = 400, request: TicketRequest = HELPDESK) =>
  readingOf(request, { status, body }, TAUGHT);

const saying = (message: string) => ({ ...REFUSED, message });
const DOUBT = unknown("ANSWER_NOT_UNDERSTOOD", "ecPUkJSF");
const refusedFor = (field: string | null) => rejected(field, "ecPUkJSF");

describe("a taught refusal", () => {
  test("MUST be a refusal with its field, whatever the shape of the error", () => {
    const message = "ConnectID 12345 not found";
    expect(taughtReading(saying(message))).toEqual({
      outcome: refusedFor("connectId"),
      observed: ["contact"],
    });
    for (const body of [{ message }, { success: false, message, code: 200 }, { error: message }, message])
      expect(taughtReading(body, 200)).toEqual({
        outcome: rejected("connectId", null),
        observed: ["contact"],
      });
  });

  test("MUST name the field in its hole, by the vendor's name or ours, however it is spelt", () => {
    for (const name of ["namaNasabah", "Nama Nasabah", "customerName", "NAMA_NASABAH"])
      expect(taughtReading(saying(`Format ${name} tidak valid`)).outcome).toEqual(refusedFor("customerName"));
    expect(taughtReading(saying("Format tiket tidak valid"))).toEqual({ outcome: DOUBT, observed: [] });
  });

  test("MUST hold for its HTTP status alone, and let a request be sent again only when it says so", () => {
    expect(taughtReading(saying("Sistem sedang ditutup"), 423).outcome).toEqual(
      notExecuted("SOCIOMILE_SETTINGS_REFUSED"),
    );
    expect(taughtReading(saying("Sistem sedang ditutup"), 422)).toEqual({ outcome: DOUBT, observed: [] });
  });

  test("MUST have no field where its field belongs to another operation", () => {
    const said = saying("connectID 5 not found");
    expect(taughtReading(said, 400, STATUS)).toEqual({ outcome: refusedFor(null), observed: ["contact"] });
  });

  const TICKET = CREATED.data.ticketId;
  testTable<[body: object]>({
    "a ticket's id": [{ ...saying("Tiket tidak ditemukan"), data: { ticketId: TICKET } }],
    "a ticket's number": [{ message: "Tiket tidak ditemukan", ticket_number: 32197 }],
    "an id under another name": [{ message: "Tiket tidak ditemukan", data: { id: TICKET } }],
    "an id in a text of JSON": [{ message: "Tiket tidak ditemukan", data: `{\\"id\\":\\"${TICKET}\\"}` }],
    "a positive flag": [{ message: "Tiket tidak ditemukan", success: true }],
  })("MUST NOT be found in an answer with 2xx and %s", (_, [body]) => {
    const { outcome, observed } = taughtReading(body, 200);
    expect([outcome.outcome, observed]).toEqual(["unknown", []]);
  });

  test("MUST NOT replace an acceptance", () => {
    const accepted = { status: true, success: true, message: "Tiket tidak ditemukan" };
    expect(taughtReading(accepted, 200, STATUS).outcome.outcome).toBe("accepted");
  });
});

describe("a file of refusals", () => {
  const OBJECT = "it must be an object, and may have id, status, message, field and means";
  const EIGHT =
    "its message must have at least 8 characters beside blanks and the hole, or it would match too much";
  const NEEDS_4XX = "NOT_EXECUTED needs a status from 400 to 499, because a wrong one opens tickets twice";
  const MISTAKES: Record<string, [text: unknown, mistake: string]> = {
    "no JSON": ["[", "is no JSON"],
    "no list": [{}, "must be a list of entries"],
    "10,000 entries": [Array.from({ length: 10_000 }, () => INVALID), "has 10000 entries, and may have 200"],
    "an entry that is no object": [["x"], `entry 1: ${OBJECT}`],
    "one id twice": [[INVALID, INVALID], "entry 2: another refusal has its id"],
  };
  const OF_ENTRY: Record<string, [changes: object, mistake: string]> = {
    "a key of nobody's": [{ pattern: ".*" }, OBJECT],
    "the id of a known one": [{ id: "required" }, "another refusal has its id"],
    "an id that is no label": [{ id: "a b" }, "its id must be 1 to 64 characters of A-Z a-z 0-9 _ . -"],
    "a status that is none": [{ status: 99 }, "its status must be one of HTTP"],
    "no message": [{ message: undefined }, "its message must be text of at most 500 characters"],
    "a message that matches everything": [{ message: "{any}" }, EIGHT],
    "a message of blanks": [{ message: "        {any}" }, EIGHT],
    "two holes": [
      { message: "{field} and {any} are wrong" },
      "its message may have one hole, {field} or {any}",
    ],
    "another hole": [
      { message: "{value} is not allowed" },
      "its message may have one hole, {field} or {any}",
    ],
    "an unknown field": [{ field: "namaBank" }, "its field must have a name of Sociomile or of this service"],
    "another meaning": [{ means: "ACCEPTED" }, "it must mean REJECTED or NOT_EXECUTED"],
    "NOT_EXECUTED without a status": [{ means: "NOT_EXECUTED" }, NEEDS_4XX],
    "NOT_EXECUTED for 500": [{ means: "NOT_EXECUTED", status: 500 }, NEEDS_4XX],
  };
  for (const [name, [changes, mistake]] of Object.entries(OF_ENTRY))
    MISTAKES[name] = [[{ ...INVALID, ...changes }], `entry 1: ${mistake}`];
  testTable(MISTAKES)("MUST be refused with a sentence: %s", (_, [entries, mistake]) => {
    expect(refusalsMistake(typeof entries === "string" ? entries : JSON.stringify(entries))).toBe(mistake);
  });
});
