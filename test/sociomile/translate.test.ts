import { describe, expect, test } from "vitest";
import { detailsIn, toWire } from "../../src/sociomile/translate.ts";
import type { Observe } from "../../src/telemetry/events.ts";
import { HELPDESK, MANADO } from "./requests.ts";

describe("toWire", () => {
  test.each([
    [MANADO, "2025-10-23T16:00:00Z", "2025-10-24 00:00:00"],
    ["UTC", "0001-01-02T03:04:05Z", "0001-01-02 03:04:05"],
    ["UTC", "9999-12-30T23:59:59Z", "9999-12-30 23:59:59"],
  ])("MUST write instants as wall-clock times of %s", (zone, instant, written) => {
    const details = { ...HELPDESK.details, claimDate: Temporal.Instant.from(instant) };

    const { body } = toWire({ ...HELPDESK, details }, zone);

    expect(JSON.parse(body)).toMatchObject({ claimDate: written });
  });

  test("MUST write digits unchanged, and as text when a leading zero would be lost (quirk 4)", () => {
    const numbers = { helpdeskTicketNumber: "9223372036854775807", branchComplaintNumber: "007" };
    const details = { ...HELPDESK.details, amount: "200000.50", ...numbers };

    const { body } = toWire({ ...HELPDESK, details }, MANADO);

    expect(body).toMatch(/"nominal":200000\.50,.*:9223372036854775807,"noRegPengaduanCabang":"007"\}$/);
  });

  test("MUST send only fields of the operation", () => {
    const others = { ticketType: "voice", idempotencyKey: "k", __proto__: { subject: "s" } };
    const details = { ...HELPDESK.details, ...others };

    const { body } = toWire({ ...HELPDESK, details }, MANADO);

    expect(body).toBe(toWire(HELPDESK, MANADO).body);
  });
});

/** Reads titles, and collects what is odd about them. */
function reportOf(titled: object, isEscalated: unknown = null) {
  const oddities: unknown[] = [];
  const observe: Observe = (_event, fields) => oddities.push(...Object.values(fields));
  const reading = { timeZone: MANADO, refusals: () => [], observe };
  return { details: detailsIn(titled, isEscalated, reading), oddities };
}

describe("detailsIn", () => {
  test.each([
    ["In Progress", null],
    ["InProgress", "IN_PROGRESS"],
    [" pending  APPROVAL ", "PENDING_APPROVAL"],
    ["On Hold", "ON_HOLD"],
    ["Archived", null],
    ["__proto__", null],
  ])("MUST read the status %j as %s and keep its label", (label, status) => {
    const read = reportOf({ Status: label }, true);

    expect(read.details).toMatchObject({ status, statusLabel: label, isEscalated: true });
    expect(read.oddities).toEqual(status === null ? ["STATUS_NOT_KNOWN"] : []);
  });

  test.each([
    ["2025-10-23 16:54:08", "2025-10-23T08:54:08Z"],
    ["2025-02-30 00:00:00", null],
    ["2025-10-23", null],
    ["2025-10-23 24:00:00", null],
    ["2025-10-23 16:54:60", null],
    ["0000-00-00 00:00:00", null],
    ["2024-12-19T10 :30:00Z", null],
    ["yesterday", null],
  ])("MUST read the date %j as %s", (text, instant) => {
    const read = reportOf({ "Date Created": text });

    const epochMs = instant === null ? undefined : Temporal.Instant.from(instant).epochMilliseconds;
    expect(read.details?.createdAt?.epochMilliseconds).toBe(epochMs);
    expect(read.oddities).toEqual(instant === null ? ["DATE_NOT_READABLE"] : []);
  });

  test("MUST read empty text, null and a missing field as unknown", () => {
    const reported = reportOf({ Subject: "", Content: null, "Date Close": "", Status: "" }, "yes");

    expect(new Set(Object.values(reported.details ?? {}))).toEqual(new Set([null]));
    expect(reported.oddities).toEqual([]);
  });

  test("MUST replace half of an emoji, with which Apollo Router reads no answer", () => {
    const reported = reportOf({ Subject: "Kartu 😀", Content: "Kartu \ud83d", Status: "\ude00" });

    const [subject, content, statusLabel] = ["Kartu 😀", "Kartu \ufffd", "\ufffd"];
    expect(reported.details).toMatchObject({ subject, content, statusLabel });
  });

  test.each([
    ["Nomor Handphone", "customerPhone"],
    ["nomor  hanphone", "customerPhone"],
    ["Sub Category", "subCategory"],
    ["  SUB   CATEGORY ", "subCategory"],
    ["Ticket Id Masking", "maskedTicketId"],
    ["Created By Id", "createdById"],
  ])("MUST know the title %j beside the spellings of the document (quirk 6)", (title, field) => {
    expect(reportOf({ [title]: " kept as it is " }).details).toMatchObject({ [field]: " kept as it is " });
  });

  const STRANGE: object[] = [{}, { Foo: "x" }, { constructor: "x" }];
  test.each(STRANGE)("MUST find no ticket in %j", (titled) => {
    expect(reportOf({ ...titled }, true).details).toBeNull();
  });
});
