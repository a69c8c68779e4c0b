import { describe, expect, test } from "vitest";
import {
  CreateVoiceTicketDocument,
  TicketDocument,
  type TicketStatus,
  UpdateTicketStatusDocument,
} from "../generated/graphql.ts";
import { STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { vendorAnswering } from "../support/vendor.ts";

const STATUSES: [TicketStatus, string][] = [
  ["OPEN", "Open"],
  ["IN_PROGRESS", "InProgress"],
  ["PENDING", "Pending"],
  ["PENDING_APPROVAL", "Pending Approval"],
  ["ON_HOLD", "On Hold"],
  ["CLOSE", "Close"],
];

const NO_DETAILS = {
  customerPhone: null,
  customerName: null,
  customerEmail: null,
  maskedTicketId: null,
  sourceTicketId: null,
  subject: null,
  content: null,
  createdAt: null,
  closedAt: null,
  handlingTime: null,
  mainCategory: null,
  categoryName: null,
  categoryId: null,
  subCategory: null,
  detailSubCategory: null,
  detailSubCategory2: null,
  createdByName: null,
  createdById: null,
};

/** Example as the contract prints it: trailing commas, misspelt titles, blanks in values. */
const CONTRACT_ANSWER = `{
    "status": true,
    "ticket": {
        "data": {
            "Nomor Hanphone ": "083848593907",
            "Customer Name": "M Maulidul Arzaqi",
            "Customer Email": "zaqi@gmail.com",
            "TicketId Masking": "123456",
            "Ticket Id": "1234567891",
            "Content": " halo selamat malam semuanya ",
            "Subject": "complain pelanggan",
            "Date Created": "2025-10-23 16:54:08",
            "Date Close": "2025-10-23 17:54:08",
            "Handling Time": "10:10:09",
            "Main Category": "2024-12-19T10 :30:00Z",
            "Category Name": "complain internal ",
            "Category Id": "001",
            "Cub Category": " complain internal aja",
            "Status": "InProgress",
            "Detail Sub Category": "pelayanan lambat",
            "Detail Sub Category 2": "pelayanan lambat banget",
            "Created By Name": "maulid",
            "Created By id": "009278",
        },
        "is_escalation": true,
    },
    "success": true,
}`;

describe("updateTicketStatus", () => {
  test("MUST send exactly the contract's example, also for an unknown ticket", async () => {
    await using service = await startService();

    const { data } = await service.execute(UpdateTicketStatusDocument, { input: STATUS_CHANGE });

    expect(service.lastBody()).toMatchInlineSnapshot(
      `"{"sociomile_ticket_id":"690d950c5f287ad0ff3bd9d5","bsg_ticket_id":"82927jklagq828","status":"Open"}"`,
    );
    expect(service.sandbox.received.map(({ path }) => path)).toEqual(["/bank-sulut/update-status"]);
    expect(data.updateTicketStatus).toMatchObject({
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

  test("MUST answer with everything in the contract's example, including blanks", async () => {
    await using vendor = await vendorAnswering({ body: CONTRACT_ANSWER });
    await using service = await startService({ config: vendor.settings });

    const { data } = await service.execute(UpdateTicketStatusDocument, { input: STATUS_CHANGE });

    expect(data.updateTicketStatus).toMatchObject({
      ticket: {
        id: "690d950c5f287ad0ff3bd9d5",
        bsgTicketId: "82927jklagq828",
        status: "IN_PROGRESS",
        statusLabel: "InProgress",
        customerPhone: "083848593907",
        customerName: "M Maulidul Arzaqi",
        customerEmail: "zaqi@gmail.com",
        maskedTicketId: "123456",
        sourceTicketId: "1234567891",
        subject: "complain pelanggan",
        content: " halo selamat malam semuanya ",
        createdAt: "2025-10-23T08:54:08Z",
        closedAt: "2025-10-23T09:54:08Z",
        handlingTime: "10:10:09",
        mainCategory: "2024-12-19T10 :30:00Z",
        categoryName: "complain internal ",
        categoryId: "001",
        subCategory: " complain internal aja",
        detailSubCategory: "pelayanan lambat",
        detailSubCategory2: "pelayanan lambat banget",
        createdByName: "maulid",
        createdById: "009278",
        isEscalated: true,
      },
      problems: [],
    });
  });

  test("MUST return the data with which a voice ticket was created", async () => {
    await using service = await startService();
    const created = await service.execute(CreateVoiceTicketDocument, { input: VOICE_TICKET });
    const ticketId = String(created.data.createVoiceTicket?.ticket?.id);

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

  test.each(STATUSES)("MUST send %s as %j and read it back", async (status, label) => {
    await using service = await startService();

    const { payload } = await mutate(service, "updateTicketStatus", { status });

    expect(JSON.parse(service.lastBody())).toEqual({
      sociomile_ticket_id: "690d950c5f287ad0ff3bd9d5",
      bsg_ticket_id: "82927jklagq828",
      status: label,
    });
    expect(payload?.ticket).toMatchObject({ status, statusLabel: label });
  });

  test("MUST answer an unknown status as null with its label, and inform operators", async () => {
    await using service = await startService({ mood: "unknown-status" });

    const { payload } = await mutate(service, "updateTicketStatus");

    expect(payload).toMatchObject({ ticket: { status: null, statusLabel: "Archived" }, problems: [] });
    expect(service.events).toContainEqual({ event: "sociomile.oddity", oddity: "STATUS_NOT_KNOWN" });
  });

  test("MUST answer with the ids and the requested status alone when Sociomile reports nothing about the ticket", async () => {
    await using vendor = await vendorAnswering({ body: { status: true } });
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "updateTicketStatus");

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
});

describe.each(ENGINES)("status changes of one ticket at once, over two replicas on %s,", (engine) => {
  test("MUST be sent one after the other, and the ticket MUST show the last one", async () => {
    await using place = await placeFor(engine);
    await using one = await startService({ ledgerUrl: place.url });
    await using other = await startService({ ledgerUrl: place.url, sandbox: one.sandbox });
    const ticketId = STATUS_CHANGE.ticketId;
    one.sandbox.setMood("slow", { delayMs: 30 });

    const answers = await Promise.all(
      STATUSES.map(([status], nth) =>
        mutate(nth % 2 ? one : other, "updateTicketStatus", {
          ticketId,
          status,
          idempotencyKey: `key-${nth}-of-this-test`,
        }),
      ),
    );

    const sent = answers.flatMap(({ payload }) => payload?.ticket ?? []);
    const others = answers.flatMap(({ payload }) => (payload?.ticket ? [] : [payload]));
    expect(others).toMatchObject(
      others.map(() => ({ submission: null, problems: [{ code: "IN_PROGRESS" }] })),
    );
    const labels = one.sandbox.received.map(({ body }) => (JSON.parse(body) as { status: string }).status);
    expect(labels).toHaveLength(sent.length);
    expect(sent.length).toBeGreaterThan(1);
    for (const replica of [one, other])
      expect((await replica.execute(TicketDocument, { id: ticketId })).data.ticket).toMatchObject({
        statusLabel: labels.at(-1),
      });
  });
});
