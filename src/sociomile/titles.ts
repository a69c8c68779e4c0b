import type { TitledDetail } from "../tickets/ticket.ts";

/** Titles in the answer to an update. A misspelt title is listed in both spellings (quirk 6). */
const TITLES: Readonly<Record<TitledDetail, readonly string[]>> = {
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

/** Our details by the vendor's titles, which are normalised. */
export const DETAIL_BY_TITLE: ReadonlyMap<string, TitledDetail> = new Map(
  (Object.keys(TITLES) as TitledDetail[]).flatMap((detail) =>
    TITLES[detail].map((title) => [plainTitle(title), detail] as const),
  ),
);

/** Normalises a title: lower case, no spaces around it, single spaces inside. */
export function plainTitle(title: string): string {
  return title.trim().replace(/\s+/g, " ").toLowerCase();
}
