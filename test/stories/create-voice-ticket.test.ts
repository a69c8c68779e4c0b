import { describe, expect, test } from "vitest";
import { CreateVoiceTicketDocument } from "../generated/graphql.ts";
import { VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

const MANDATORY = new Set(["customerPhone", "customerEmail", "customerName", "content", "connectId"]);

describe("createVoiceTicket", () => {
  test("MUST send exactly the contract's example and answer with the ticket that Sociomile created", async () => {
    const { data } = await service.execute(CreateVoiceTicketDocument, { input: VOICE_TICKET });

    expect(service.lastBody()).toMatchInlineSnapshot(
      `"{"ticketType":"voice","customer_hp":"08356727289","content":"haloo \\n selamat anda telah","customer_email":"omnyx@gmail.com","connectID":"61c1a67a55ad7fa60195bc03","customer_name":"Arzaqi","ticketId_masking":"123456hsl","ticket_id":"1234567891wkw","subject":"complain pelanggan","date_created_at":"2025-10-23 16:54:08","date_close":"2025-10-23 15:40:10","handlingTime":"10:10:09","mainCategory":"complain internal","category_name":"complain internal","category_id":"0182G82","subCategory":"complain internal aja","detailSubCategory":"pelayanan lambat","detailSubCategory2":"pelayanan lambat banget","created_by_name":"zaqi","created_by_id":"002928","first_stream_text":"Halo Selamat siang.!!!"}"`,
    );
    expect(service.sandbox.received.map(({ path }) => path)).toEqual(["/bank-sulut/create"]);
    const [made] = service.sandbox.tickets;
    expect(data.createVoiceTicket).toMatchObject({
      ticket: {
        id: made?.id,
        number: String(made?.number),
        kind: "VOICE",
        observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      problems: [],
      replayed: false,
    });
  });

  test.each([undefined, null, ""])("MUST leave out optional fields that are %j", async (nothing) => {
    const optional = Object.keys(VOICE_TICKET).filter((field) => !MANDATORY.has(field));

    const { payload } = await mutate(
      service,
      "createVoiceTicket",
      Object.fromEntries(optional.map((field) => [field, nothing])),
    );

    expect(payload?.problems).toEqual([]);
    expect(service.lastBody()).toBe(
      '{"ticketType":"voice","customer_hp":"08356727289","content":"haloo \\n selamat anda telah","customer_email":"omnyx@gmail.com","connectID":"61c1a67a55ad7fa60195bc03","customer_name":"Arzaqi"}',
    );
  });
});
