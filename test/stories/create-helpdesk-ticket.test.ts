import { describe, expect, test } from "vitest";
import { CreateHelpdeskTicketDocument } from "../operations/generated/graphql.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { startService } from "../support/service.ts";

describe("createHelpdeskTicket", () => {
  test("MUST send exactly the contract's example and answer with the ticket that Sociomile made", async () => {
    await using service = await startService();

    const { data } = await service.execute(CreateHelpdeskTicketDocument, { input: HELPDESK_TICKET });

    expect(service.lastBody()).toMatchInlineSnapshot(`"{"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","email":"helpdesk@gmail.com","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","jenisTransaksi":"PEMBELIAN","nominal":200000,"nomorRekening":12356788,"nomorKartu":1920384458201205,"transactionId":"LED-001","claimReason":"Barang Tidak sesuai","claimDate":"2025-10-23 16:54:08","branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","description":"halo Tolong di bantu","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}"`);
    const [made] = service.sandbox.tickets;
    expect(data.createHelpdeskTicket).toEqual({
      ticket: {
        id: made?.id,
        number: String(made?.number),
        kind: "HELPDESK",
        observedAt: expect.any(String),
      },
      problems: [],
      replayed: false,
    });
  });
});
