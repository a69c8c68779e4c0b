import { describe, expect, test } from "vitest";
import { CreateHelpdeskTicketDocument } from "../generated/graphql.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

const OPTIONAL = [
  "customerEmail",
  "transactionType",
  "accountNumber",
  "cardNumber",
  "transactionId",
  "claimReason",
  "claimDate",
  "description",
];

describe("createHelpdeskTicket", () => {
  test("MUST send exactly the contract's example and answer with the ticket that Sociomile made", async () => {
    const { data } = await service.execute(CreateHelpdeskTicketDocument, { input: HELPDESK_TICKET });

    expect(service.lastBody()).toMatchInlineSnapshot(
      `"{"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","email":"helpdesk@gmail.com","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","jenisTransaksi":"PEMBELIAN","nominal":200000,"nomorRekening":12356788,"nomorKartu":1920384458201205,"transactionId":"LED-001","claimReason":"Barang Tidak sesuai","claimDate":"2025-10-23 16:54:08","branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","description":"halo Tolong di bantu","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}"`,
    );
    expect(service.sandbox.received.map(({ path }) => path)).toEqual(["/bank-sulut/create"]);
    const [made] = service.sandbox.tickets;
    expect(data.createHelpdeskTicket).toMatchObject({
      ticket: {
        id: made?.id,
        number: String(made?.number),
        kind: "HELPDESK",
        observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      problems: [],
      replayed: false,
    });
  });

  test.each([undefined, null, ""])("MUST leave out optional fields that are %j", async (nothing) => {
    const { payload } = await mutate(
      service,
      "createHelpdeskTicket",
      Object.fromEntries(OPTIONAL.map((field) => [field, nothing])),
    );

    expect(payload?.problems).toEqual([]);
    expect(service.lastBody()).toBe(
      '{"ticketType":"helpdesk","namaNasabah":"Alex","content":"haloo \\n selamat anda telah","connectID":"permata@sample.com","mediaTransaksi":"61c1a67a55ad7fa60195bc03","nominal":200000,"branchCode":"001","branchName":"Cabang Utama","atmName":"MOBIL KELILING CAB UTAMA","atmId":"0126","nomorTicketHelpdesk":826282,"noRegPengaduanCabang":101892087}',
    );
  });

  test.each([
    ["content", "content", "  two blanks, a tab\t, a break\r\nand trailing ones \n  "],
    ["customerName", "namaNasabah", 'Alex "A." O\'Neil \\ Ñandú 👩‍👩‍👧'],
    ["description", "description", "e\u0301 is not \u00e9; nor is \u2028 a break; </script> & \u200b"],
    ["branchCode", "branchCode", "0001"],
    ["atmId", "atmId", "0"],
  ])("MUST send the text of %s as it came", async (field, vendorField, text) => {
    await mutate(service, "createHelpdeskTicket", { [field]: text });

    expect(JSON.parse(service.lastBody())).toMatchObject({ [vendorField]: text });
  });
});
