import type {
  CreateHelpdeskTicketInput,
  CreateVoiceTicketInput,
  UpdateTicketStatusInput,
} from "../generated/graphql.ts";

/** Example requests of the contract, as inputs of this service. */

export const HELPDESK_TICKET: CreateHelpdeskTicketInput = {
  customerName: "Alex",
  content: "haloo \n selamat anda telah",
  customerEmail: "helpdesk@gmail.com",
  connectId: "permata@sample.com",
  transactionMedia: "61c1a67a55ad7fa60195bc03",
  transactionType: "PEMBELIAN",
  amount: 200000,
  accountNumber: "12356788",
  cardNumber: "1920384458201205",
  transactionId: "LED-001",
  claimReason: "Barang Tidak sesuai",
  claimDate: "2025-10-23T16:54:08+08:00",
  branchCode: "001",
  branchName: "Cabang Utama",
  atmName: "MOBIL KELILING CAB UTAMA",
  atmId: "0126",
  description: "halo Tolong di bantu",
  helpdeskTicketNumber: "826282",
  branchComplaintNumber: "101892087",
};

export const VOICE_TICKET: CreateVoiceTicketInput = {
  customerPhone: "08356727289",
  customerEmail: "omnyx@gmail.com",
  customerName: "Arzaqi",
  content: "haloo \n selamat anda telah",
  connectId: "61c1a67a55ad7fa60195bc03",
  maskedTicketId: "123456hsl",
  sourceTicketId: "1234567891wkw",
  subject: "complain pelanggan",
  createdAt: "2025-10-23T16:54:08+08:00",
  closedAt: "2025-10-23T15:40:10+08:00",
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
};

export const STATUS_CHANGE: UpdateTicketStatusInput = {
  ticketId: "690d950c5f287ad0ff3bd9d5",
  bsgTicketId: "82927jklagq828",
  status: "OPEN",
};
