import type { HelpdeskTicket, StatusChange, TicketRequest, VoiceTicket } from "../../src/tickets/request.ts";

/** Example requests of the document as this service knows them, with the vendor's clock in Manado, and changes of them. */

export const MANADO = "Asia/Makassar";

export const HELPDESK = {
  operation: "CREATE_HELPDESK_TICKET",
  details: {
    customerName: "Alex",
    content: "haloo \n selamat anda telah",
    customerEmail: "helpdesk@gmail.com",
    connectId: "permata@sample.com",
    transactionMedia: "61c1a67a55ad7fa60195bc03",
    transactionType: "PEMBELIAN",
    amount: "200000",
    accountNumber: "12356788",
    cardNumber: "1920384458201205",
    transactionId: "LED-001",
    claimReason: "Barang Tidak sesuai",
    claimDate: Temporal.Instant.from("2025-10-23T16:54:08+08:00"),
    branchCode: "001",
    branchName: "Cabang Utama",
    atmName: "MOBIL KELILING CAB UTAMA",
    atmId: "0126",
    description: "halo Tolong di bantu",
    helpdeskTicketNumber: "826282",
    branchComplaintNumber: "101892087",
  } satisfies HelpdeskTicket,
} as const satisfies TicketRequest;

export const VOICE = {
  operation: "CREATE_VOICE_TICKET",
  details: {
    customerPhone: "08356727289",
    customerEmail: "omnyx@gmail.com",
    customerName: "Arzaqi",
    content: "haloo \n selamat anda telah",
    connectId: "61c1a67a55ad7fa60195bc03",
    maskedTicketId: "123456hsl",
    sourceTicketId: "1234567891wkw",
    subject: "complain pelanggan",
    createdAt: Temporal.Instant.from("2025-10-23T16:54:08+08:00"),
    closedAt: Temporal.Instant.from("2025-10-23T15:40:10+08:00"),
    handlingTime: "10:10:09",
    mainCategory: "complain internal",
    categoryName: "complain internal",
    categoryId: "0182G82",
    subCategory: "complain internal aja",
    detailSubCategory: "pelayanan lambat",
    detailSubCategory2: "pelayanan lambat banget",
    createdByName: "zaqi",
    createdById: "002928",
    firstStreamText: "Halo Selamat siang.!!!",
  } satisfies VoiceTicket,
} as const satisfies TicketRequest;

export const STATUS = {
  operation: "UPDATE_TICKET_STATUS",
  details: { ticketId: "690d950c5f287ad0ff3bd9d5", bsgTicketId: "82927jklagq828", status: "OPEN" },
} as const satisfies TicketRequest;

/** An example of each operation. */
export const REQUESTS: Readonly<Record<TicketRequest["operation"], TicketRequest>> = {
  CREATE_HELPDESK_TICKET: HELPDESK,
  CREATE_VOICE_TICKET: VOICE,
  UPDATE_TICKET_STATUS: STATUS,
};

/** Changes of an intent: its request is queued when it cannot be sent, or opens no second ticket with its number. */
export const LATER = { whenUnavailable: "DELIVER_LATER" } as const;
export const ONCE = { unlessAlreadyOpened: true } as const;

export function updateOf(ticketId: string, changes: Partial<StatusChange> = {}): TicketRequest {
  return { ...STATUS, details: { ...STATUS.details, ticketId, ...changes } };
}

export function voiceWith(changes: Partial<typeof VOICE.details>): typeof VOICE {
  return { ...VOICE, details: { ...VOICE.details, ...changes } };
}

export function complaintNumbered(helpdeskTicketNumber: string): TicketRequest {
  return { ...HELPDESK, details: { ...HELPDESK.details, helpdeskTicketNumber } };
}
