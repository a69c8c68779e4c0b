import type { TicketDetails } from "../tickets/ticket.ts";

export type TitledField = Exclude<keyof TicketDetails, "status" | "isEscalated">;

/** The titles in an update's answer; both spellings where the vendor's is wrong (quirk 6). */
const TITLES: Readonly<Record<TitledField, readonly string[]>> = {
  statusLabel: ["Status"],
  customerPhone: ["Nomor Hanphone", "Nomor Handphone"],
  customerName: ["Customer Name"],
  customerEmail: ["Customer Email"],
  maskedTicketId: ["TicketId Masking", "Ticket Id Masking"],
  sourceTicketId: ["Ticket Id"],
  subject: ["Subject"],
  content: ["Content"],
  createdAt: ["Date Created"],
  closedAt: ["Date Close"],
  handlingTime: ["Handling Time"],
  mainCategory: ["Main Category"],
  categoryName: ["Category Name"],
  categoryId: ["Category Id"],
  subCategory: ["Cub Category", "Sub Category"],
  detailSubCategory: ["Detail Sub Category"],
  detailSubCategory2: ["Detail Sub Category 2"],
  createdByName: ["Created By Name"],
  createdById: ["Created By Id"],
};

const FIELD_BY_TITLE: ReadonlyMap<string, string> = new Map(
  Object.entries(TITLES).flatMap(([field, titles]) =>
    titles.map((title) => [plainTitle(title), field] as const),
  ),
);

/** A title without its accidents: case, spaces around it, doubled spaces. */
export function plainTitle(title: string): string {
  return title.trim().replace(/\s+/g, " ").toLowerCase();
}

/** The field of ours that a title of the vendor's stands for, if any. */
export function fieldOfTitle(title: string): string | undefined {
  return FIELD_BY_TITLE.get(plainTitle(title));
}
