/** Labels of the form in Indonesian. */
import type { CreateHelpdeskTicketInput } from "../../test/generated/graphql.ts";

export type Field = Exclude<
  keyof CreateHelpdeskTicketInput,
  "idempotencyKey" | "unlessAlreadyOpened" | "whenUnavailable"
>;
/** Fields of the form, in their order. One that the schema has and the form lacks fails to compile. */
export const LABELS: Record<Field, string> = {
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

/** Answers have UTC, and people want the time on their clock. */
export const localTime = (time: string) => new Date(time).toLocaleString("id-ID");

/** Writes a submitted value with its label. */
export function labelled(name: string, value: string): string {
  const shown = /(?:Date|At)$/.test(name) ? localTime(value) : value;
  return `${LABELS[name as Field] ?? name}: ${shown}`;
}
