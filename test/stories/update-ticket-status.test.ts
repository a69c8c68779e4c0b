import { describe, expect, test } from "vitest";
import { NO_DETAILS } from "../../src/tickets/ticket.ts";
import type { TicketStatus } from "../generated/graphql.ts";
import { postQuery } from "../support/client.ts";
import { STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService, startService } from "../support/service.ts";
import { answering, http, startVendor } from "../sociomile/scripted-vendor.ts";

const LABELS: Record<TicketStatus, string> = {
  OPEN: "Open",
  IN_PROGRESS: "InProgress",
  PENDING: "Pending",
  PENDING_APPROVAL: "Pending Approval",
  ON_HOLD: "On Hold",
  CLOSE: "Close",
};

const UPDATE_TWICE = `mutation ($first: UpdateTicketStatusInput!, $second: UpdateTicketStatusInput!) {
  first: updateTicketStatus(input: $first) { submission { ticket { bsgTicketId } } }
  second: updateTicketStatus(input: $second) { submission { ticket { bsgTicketId } } }
}`;

const service = sharedService();

describe("updateTicketStatus", () => {
  test("MUST send exactly the example of Sociomile's document, also for an unknown ticket", async () => {
    const { payload } = await mutate(service, "updateTicketStatus");

    expect(service.lastBody()).toMatchInlineSnapshot(
      `"{"sociomile_ticket_id":"690d950c5f287ad0ff3bd9d5","bsg_ticket_id":"82927jklagq828","status":"Open"}"`,
    );
    expect(service.sandbox.received.map(({ path }) => path)).toEqual(["/bank-sulut/update-status"]);
    expect(payload).toMatchObject({
      ticket: {
        ...NO_DETAILS,
        id: "690d950c5f287ad0ff3bd9d5",
        number: null,
        kind: null,
        bsgTicketId: "82927jklagq828",
        status: "OPEN",
        statusLabel: "Open",
        isEscalated: true,
        observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      problems: [],
      replayed: false,
    });
  });

  test("MUST return the data with which a voice ticket was created", async () => {
    const ticketId = (await mutate(service, "createVoiceTicket")).payload?.ticket?.id;

    const { payload } = await mutate(service, "updateTicketStatus", { ticketId, status: "ON_HOLD" });

    const { connectId: _, firstStreamText: __, ...returned } = VOICE_TICKET; // the vendor does not return these two
    expect(payload?.ticket).toMatchObject({
      ...returned,
      createdAt: "2025-10-23T08:54:08Z",
      closedAt: "2025-10-23T07:40:10Z",
      id: ticketId,
      bsgTicketId: STATUS_CHANGE.bsgTicketId,
      status: "ON_HOLD",
      statusLabel: "On Hold",
      isEscalated: true,
    });
  });

  test("MUST send each status, and read it back", async () => {
    for (const [status, label] of Object.entries(LABELS)) {
      const { payload } = await mutate(service, "updateTicketStatus", { status });
      expect(JSON.parse(service.lastBody())).toMatchObject({ status: label });
      expect(payload?.ticket).toMatchObject({ status, statusLabel: label });
    }
  });

  test("MUST answer with the ids and the requested status alone when Sociomile reports nothing about the ticket", async () => {
    await using vendor = await startVendor(answering(http(200, { status: true })));
    await using silent = await startService({ config: { SOCIOMILE_BASE_URL: vendor.url } });

    const { payload } = await mutate(silent, "updateTicketStatus");

    expect(payload).toMatchObject({
      ticket: {
        ...NO_DETAILS,
        id: STATUS_CHANGE.ticketId,
        bsgTicketId: STATUS_CHANGE.bsgTicketId,
        status: STATUS_CHANGE.status,
        isEscalated: null,
      },
      problems: [],
    });
  });

  test("MUST show the ticket of its submission as now known, also after another one in the same request", async () => {
    const [first, second] = ["first", "second"].map((bsgTicketId) => ({ ...STATUS_CHANGE, bsgTicketId }));
    const { data } = await postQuery(service, UPDATE_TWICE, { first, second });
    expect(data).toEqual({
      first: { submission: { ticket: { bsgTicketId: "first" } } },
      second: { submission: { ticket: { bsgTicketId: "second" } } },
    });
  });
});
