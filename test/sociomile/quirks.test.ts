import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "../../src/sociomile/fields.ts";
import { toWire } from "../../src/sociomile/translate.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { CREATED, readingOf, REFUSED, UPDATED_AS_PRINTED, UPDATED_DETAILS } from "./answers.ts";
import { HELPDESK, MANADO, REQUESTS, STATUS, VOICE } from "./requests.ts";

/** Quirks with their numbers in src/sociomile/README.md. */
describe("the vendor's quirks", () => {
  test("quirk 1: MUST send the helpdesk's ticket number as nomorTicketHelpdesk", () => {
    expect(sent(HELPDESK)["nomorTicketHelpdesk"]).toBe(826282);
    expect(Object.keys(sent(HELPDESK)).filter((name) => /helpdesk/i.test(name))).toEqual([
      "nomorTicketHelpdesk",
    ]);
  });

  test("quirk 2: MUST treat mainCategory as text in both directions, although the contract calls it a Date", () => {
    expect(sent(VOICE)["mainCategory"]).toBe("complain internal");

    for (const text of ["complain internal", "2024-12-19T10 :30:00Z", "2025-10-23 16:54:08"]) {
      expect(readTitles({ "Main Category": text })).toMatchObject({
        details: { mainCategory: text },
        oddities: [],
      });
    }
  });

  test("quirk 3: MUST find our name of a refused field, whatever the case of its letters", () => {
    for (const request of Object.values(REQUESTS)) {
      for (const [ours, [vendorName]] of Object.entries(ENDPOINTS[request.operation].fields)) {
        for (const named of [vendorName, upperFirst(vendorName), vendorName.toUpperCase()]) {
          const { outcome } = readingOf(request, { body: { ...REFUSED, message: `${named} required` } });
          expect({ named, ...outcome }).toMatchObject({ named, outcome: "rejected", field: ours });
        }
      }
    }
  });

  test("quirk 4: MUST send digits exactly as JSON numbers, and as strings when a leading zero would be lost", () => {
    const { body } = toWire(
      {
        ...HELPDESK,
        details: {
          ...HELPDESK.details,
          amount: "999999999999999.50",
          accountNumber: "0012356788",
          cardNumber: "9999999999999999999",
          helpdeskTicketNumber: "0",
          branchComplaintNumber: "9007199254740993",
        },
      },
      MANADO,
    );
    for (const exact of [
      '"nominal":999999999999999.50,',
      '"nomorRekening":"0012356788",',
      '"nomorKartu":9999999999999999999,',
      '"nomorTicketHelpdesk":0,',
      '"noRegPengaduanCabang":9007199254740993}',
    ]) {
      expect(body).toContain(exact);
    }
  });

  test("quirk 5: MUST write and read wall-clock times in the configured zone", () => {
    const wallClock = "2025-10-23 16:54:08";
    for (const [zone, instant] of [
      ["Asia/Makassar", "2025-10-23T08:54:08Z"],
      ["Asia/Jakarta", "2025-10-23T09:54:08Z"],
      ["UTC", "2025-10-23T16:54:08Z"],
    ] as const) {
      const createdAt = Temporal.Instant.from(instant);
      expect(sent({ ...VOICE, details: { ...VOICE.details, createdAt } }, zone)["date_created_at"]).toBe(
        wallClock,
      );
      expect(readTitles({ "Date Created": wallClock }, zone).details?.createdAt?.epochMilliseconds).toBe(
        createdAt.epochMilliseconds,
      );
    }

    for (const unreadable of ["2025-02-30 10:00:00", "23/10/2025", "2025-10-23 24:00:00", "yesterday"]) {
      expect(readTitles({ "Date Close": unreadable })).toMatchObject({
        details: { closedAt: null },
        oddities: ["DATE_NOT_READABLE"],
      });
    }
  });

  test("quirk 6: MUST know a title in its wrong and its right spelling, also with odd case and spaces", () => {
    for (const [title, field] of [
      ["Nomor Hanphone ", "customerPhone"],
      ["Nomor Handphone", "customerPhone"],
      ["nomor  hanphone", "customerPhone"],
      ["Cub Category", "subCategory"],
      ["Sub Category", "subCategory"],
      ["  SUB   CATEGORY ", "subCategory"],
      ["TicketId Masking", "maskedTicketId"],
      ["Ticket Id Masking", "maskedTicketId"],
      ["Ticket Id", "sourceTicketId"],
      ["Created By id", "createdById"],
      ["Created By Id", "createdById"],
      ["Detail Sub Category 2", "detailSubCategory2"],
    ] as const) {
      const { details } = readTitles({ [title]: " kept as it is " });
      expect({ title, ...details }).toMatchObject({ title, [field]: " kept as it is " });
    }
    expect(readTitles({ Status: "in progress?" })).toMatchObject({
      details: { status: null, statusLabel: "in progress?" },
      oddities: ["STATUS_NOT_KNOWN"],
    });
    expect(readTitles({ Subject: "", Status: "On  hold" }).details).toMatchObject({
      subject: null,
      status: "ON_HOLD",
    });
  });

  // client.test.ts tests the wrong content type on a real connection.
  test("quirk 7: MUST read every tolerated form as if it were the proper one", () => {
    const created = {
      outcome: "accepted",
      ticket: { id: CREATED.data.ticketId, number: "32197", details: null },
    };
    for (const body of [
      CREATED,
      `\uFEFF${JSON.stringify(CREATED)}`,
      '{"success":true,"data":{"ticketId":"691d2c9e24596a3fa719fb0e","ticket_number":32197,},"code":200,}',
      { ...CREATED, data: [CREATED.data] },
      { ...CREATED, code: "200" },
      { SUCCESS: true, Data: CREATED.data, Code: 200 },
      { ...CREATED, data: { ...CREATED.data, ticket_number: "32197" } },
    ]) {
      expect(readingOf(HELPDESK, { body }).outcome).toEqual(created);
    }

    const updated = {
      outcome: "accepted",
      ticket: { id: STATUS.details.ticketId, number: null, details: UPDATED_DETAILS },
    };
    const { data, ...beside } = ticketAsPrinted();
    for (const body of [
      UPDATED_AS_PRINTED,
      { success: true, status: true, ticket: { ...data, ...beside } },
      { success: true, status: true, ticket: [{ data, ...beside }] },
      { success: true, status: true, ticket: { data: [data], ...beside } },
    ]) {
      expect(readingOf(STATUS, { body }).outcome).toEqual(updated);
    }
  });

  test("quirk 8: MUST keep every digit of a number above 2^53", () => {
    for (const digits of ["9007199254740991", "9007199254740993", "12345678901234567891"]) {
      const body = `{"success":true,"data":{"ticketId":"a1","ticket_number":${digits}},"code":200}`;
      expect(readingOf(HELPDESK, { body }).outcome).toMatchObject({ ticket: { number: digits } });

      const update = `{"success":true,"ticket":{"data":{"Ticket Id":${digits}}}}`;
      expect(readingOf(STATUS, { body: update }).outcome).toMatchObject({
        ticket: { details: { sourceTicketId: digits } },
      });
    }
    const asText = { ...CREATED, data: { ...CREATED.data, ticket_number: "00032197" } };
    expect(readingOf(HELPDESK, { body: asText }).outcome).toMatchObject({ ticket: { number: "00032197" } });
  });

  test("quirk 9: MUST let the body decide under any HTTP status, and the status only when the body does not decide", () => {
    for (const status of [200, 201, 302, 400, 404, 422, 429, 500, 503]) {
      const created = readingOf(HELPDESK, { status, body: CREATED }).outcome.outcome;
      const refused = readingOf(HELPDESK, { status, body: REFUSED }).outcome.outcome;
      expect({ status, created, refused }).toEqual({ status, created: "accepted", refused: "rejected" });
    }
    expect(readingOf(HELPDESK, { status: 404, body: "{}" }).outcome.outcome).toBe("notExecuted");
    expect(readingOf(HELPDESK, { status: 200, body: "{}" }).outcome.outcome).toBe("unknown");
  });

  test("quirk 10: MUST NOT choose between two values of one key, and MUST accept the same value twice", () => {
    for (const more of [
      '"success":false',
      '"code":500',
      '"data":{"ticketId":"another"}',
      '"message":"another"',
    ]) {
      expect(readingOf(HELPDESK, { body: createdWith(more) }).outcome.outcome).toBe("unknown");
    }
    for (const more of ['"success":true', '"SUCCESS":true', '"code":200', '"message":"success"']) {
      expect(readingOf(HELPDESK, { body: createdWith(more) }).outcome.outcome).toBe("accepted");
    }
  });
});

/** Writes a creation with other keys before its own. */
function createdWith(more: string): string {
  return JSON.stringify(CREATED).replace("{", `{${more},`);
}

/** Returns the JSON that is sent for a request, as JSON.parse reads it. */
function sent(request: TicketRequest, timeZone = MANADO): Record<string, unknown> {
  return JSON.parse(toWire(request, timeZone).body) as Record<string, unknown>;
}

/** Reads an answer to an update that holds only these titles. */
function readTitles(titles: Record<string, string>, timeZone = MANADO) {
  const { outcome, oddities } = readingOf(
    STATUS,
    { body: { success: true, ticket: { data: titles } } },
    timeZone,
  );
  return { details: outcome.outcome === "accepted" ? outcome.ticket.details : null, oddities };
}

function ticketAsPrinted(): { data: Record<string, string>; is_escalation: boolean } {
  const body = JSON.parse(UPDATED_AS_PRINTED.replace(/,(?=\s*\})/g, "")) as {
    ticket: { data: Record<string, string>; is_escalation: boolean };
  };
  return body.ticket;
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
