import { describe, expect, test } from "vitest";
import { NO_DETAILS } from "../../src/tickets/ticket.ts";
import { TicketDocument, type TicketStatus } from "../../examples/generated/graphql.ts";
import { postQuery } from "../support/client.ts";
import { STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { mutate, problemsOf } from "../support/mutations.ts";
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

  test("MUST say of an unclear answer that the status is set again, and show the doubt until it is, under a new key", async () => {
    const ticketId = (await mutate(service, "createVoiceTicket")).payload!.ticket!.id;
    const shown = async () => (await service.execute(TicketDocument, { id: ticketId })).data.ticket;
    const close = { ticketId, status: "CLOSE", idempotencyKey: "a-key-of-an-unclear-answer" };
    service.sandbox.setMood("cut-after", { times: 1 });

    const unclear = await problemsOf(service, "updateTicketStatus", close);
    const repeated = await problemsOf(service, "updateTicketStatus", close);
    const inDoubt = await shown();
    const again = await problemsOf(service, "updateTicketStatus", { ...close, idempotencyKey: "a-new-key-for-it" });

    const message = "It is not clear whether the status was set. Set it again.";
    for (const reported of [unclear, repeated])
      expect(reported).toMatchObject([{ code: "STATUS_UNKNOWN", message, retryable: false }]);
    expect(inDoubt).toMatchObject({ status: null, statusInDoubt: "CLOSE" });
    expect(again).toEqual([]);
    expect(await shown()).toMatchObject({ status: "CLOSE", statusInDoubt: null });
  });

  test("MUST NOT be delivered later: what Sociomile does not take is not done, and may be sent again under its key", async () => {
    service.sandbox.setMood("unauthorized", { times: 1 });
    const change = { idempotencyKey: "a-key-of-a-refused-change" };
    const refused = await mutate(service, "updateTicketStatus", change);
    const again = await mutate(service, "updateTicketStatus", change);

    const problem = { code: "SOCIOMILE_UNAVAILABLE", retryable: true };
    expect(refused.payload).toMatchObject({ submission: { state: "NOT_EXECUTED" }, problems: [problem] });
    expect(again.payload).toMatchObject({ submission: { state: "CONFIRMED" }, problems: [], replayed: false });
  });

  test("MUST take 24 hexadecimal digits as one ticket in either case, and every other id as it is", async () => {
    const id = "690d950c5f287ad0ff3bd9d5";
    const large = id.toUpperCase();
    const { payload } = await mutate(service, "updateTicketStatus", { ticketId: large, status: "PENDING" });
    expect(JSON.parse(service.lastBody())).toMatchObject({ sociomile_ticket_id: id });
    expect(payload).toMatchObject({ ticket: { id }, submission: { ticket: { id } }, problems: [] });
    for (const either of [id, large]) {
      const { ticket } = (await service.execute(TicketDocument, { id: either })).data;
      expect(ticket).toMatchObject({ id, status: "PENDING" });
    }
    await mutate(service, "updateTicketStatus", { ticketId: "Other-Id" });
    expect(JSON.parse(service.lastBody())).toMatchObject({ sociomile_ticket_id: "Other-Id" });
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
