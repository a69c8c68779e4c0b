/** Labels of the form in Indonesian. */
import type { CreateHelpdeskTicketInput, CreateVoiceTicketInput } from "../generated/graphql.ts";

type Controls = "idempotencyKey" | "unlessAlreadyOpened" | "whenUnavailable";

/** Fields of the helpdesk's form, in their order. One that the schema has and the form lacks fails to compile. */
export const OF_HELPDESK: Record<Exclude<keyof CreateHelpdeskTicketInput, Controls>, string> = {
  customerName: "Nama nasabah",
  customerEmail: "Email",
  connectId: "Kontak",
  accountNumber: "Nomor rekening",
  cardNumber: "Nomor kartu",
  transactionMedia: "Media transaksi",
  transactionType: "Jenis transaksi",
  transactionId: "Id transaksi",
  amount: "Nominal",
  claimReason: "Alasan klaim",
  claimDate: "Waktu klaim",
  branchCode: "Kode cabang",
  branchName: "Nama cabang",
  atmName: "Nama ATM",
  atmId: "Id ATM",
  helpdeskTicketNumber: "Nomor tiket helpdesk",
  branchComplaintNumber: "Nomor pengaduan cabang",
  content: "Isi pengaduan",
  description: "Keterangan",
};

/** Fields of the voice desk's form. */
export const OF_VOICE_DESK: Record<Exclude<keyof CreateVoiceTicketInput, Controls>, string> = {
  customerName: "Nama nasabah",
  customerPhone: "Nomor telepon",
  customerEmail: "Email",
  connectId: "Kontak",
  content: "Isi pengaduan",
  subject: "Subjek",
  sourceTicketId: "Id tiket Omnix",
  maskedTicketId: "Nomor tiket nasabah",
  createdAt: "Waktu dibuka",
  closedAt: "Waktu ditutup",
  handlingTime: "Lama penanganan",
  mainCategory: "Kategori utama",
  categoryName: "Nama kategori",
  categoryId: "Id kategori",
  subCategory: "Subkategori",
  detailSubCategory: "Rincian",
  detailSubCategory2: "Rincian kedua",
  createdByName: "Nama petugas",
  createdById: "Id petugas",
  firstStreamText: "Kata pembuka",
};
const LABELS: Readonly<Record<string, string>> = { ...OF_VOICE_DESK, ...OF_HELPDESK };

/** Answers have UTC, and people want the time on their clock. */
export const localTime = (time: string) => new Date(time).toLocaleString("id-ID");

export const isTime = (field: string) => /(?:Date|At)$/.test(field);

/** Writes a submitted value with its label. */
export function labelled(name: string, value: string): string {
  const shown = isTime(name) ? localTime(value) : value;
  return `${LABELS[name] ?? name}: ${shown}`;
}
