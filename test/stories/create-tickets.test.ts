import { describe, expect, test } from "vitest";
import { MUTATIONS, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

const MANDATORY = {
  createHelpdeskTicket:
    "customerName content connectId transactionMedia amount branchCode branchName atmName atmId helpdeskTicketNumber branchComplaintNumber",
  createVoiceTicket: "customerPhone customerEmail customerName content connectId",
} as const;

describe.each([
  [
    "createHelpdeskTicket",
    "HELPDESK",
    '{"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","email":"helpdesk@gmail.com","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","jenisTransaksi":"PEMBELIAN","nominal":200000,"nomorRekening":12356788,"nomorKartu":1920384458201205,"transactionId":"LED-001","claimReason":"Barang Tidak sesuai","claimDate":"2025-10-23 16:54:08","branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","description":"halo Tolong di bantu","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}',
    '{"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","nominal":200000,"branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}',
  ],
  [
    "createVoiceTicket",
    "VOICE",
    '{"ticketType":"voice","customer_hp":"08356727289","content":"haloo \\n selamat anda telah","customer_email":"omnyx@gmail.com","connectID":"61c1a67a55ad7fa60195bc03","customer_name":"Arzaqi","ticketId_masking":"123456hsl","ticket_id":"1234567891wkw","subject":"complain pelanggan","date_created_at":"2025-10-23 16:54:08","date_close":"2025-10-23 15:40:10","handlingTime":"10:10:09","mainCategory":"complain internal","category_name":"complain internal","category_id":"0182G82","subCategory":"complain internal aja","detailSubCategory":"pelayanan lambat","detailSubCategory2":"pelayanan lambat banget","created_by_name":"zaqi","created_by_id":"002928","first_stream_text":"Halo Selamat siang.!!!"}',
    '{"ticketType":"voice","customer_hp":"08356727289","content":"haloo \\n selamat anda telah","customer_email":"omnyx@gmail.com","connectID":"61c1a67a55ad7fa60195bc03","customer_name":"Arzaqi"}',
  ],
] as const)("%s", (name, kind, whole, smallest) => {
  test("MUST send exactly the example of Sociomile's document and answer with the ticket that Sociomile made", async () => {
    const { payload } = await mutate(service, name);

    expect(service.lastBody()).toBe(whole);
    expect(service.sandbox.received.map(({ path }) => path)).toEqual(["/bank-sulut/create"]);
    const { id, number } = service.sandbox.tickets.at(-1)!;
    const observedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const ticket = { id, number: String(number), kind, observedAt };
    expect(payload).toMatchObject({ ticket, problems: [], replayed: false });
  });

  test.each([undefined, null, ""])("MUST leave out optional fields that are %j", async (nothing) => {
    const mandatory: readonly string[] = MANDATORY[name].split(" ");
    const optional = Object.keys(MUTATIONS[name].example).filter((field) => !mandatory.includes(field));

    const changes = Object.fromEntries(optional.map((field) => [field, nothing]));
    const { payload } = await mutate(service, name, changes);

    expect(payload?.problems).toEqual([]);
    expect(service.lastBody()).toBe(smallest);
  });
});
