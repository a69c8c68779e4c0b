import type { DetailsOf, TicketOperation } from "../tickets/request.ts";

export type Shape = "text" | "number" | "wallClock" | "status";

interface Endpoint<Details> {
  path: string;
  /** Vendor's word for the kind of ticket; updates have none. */
  ticketType?: "helpdesk" | "voice";
  /** Vendor's name and shape of each of our fields, in the order of the vendor's document. */
  fields: Readonly<Record<keyof Details, readonly [vendorName: string, shape: Shape]>>;
}

export const ENDPOINTS: { readonly [Operation in TicketOperation]: Endpoint<DetailsOf<Operation>> } = {
  CREATE_HELPDESK_TICKET: {
    path: "/bank-sulut/create",
    ticketType: "helpdesk",
    fields: {
      customerName: ["namaNasabah", "text"],
      content: ["content", "text"],
      customerEmail: ["email", "text"],
      connectId: ["connectID", "text"],
      transactionMedia: ["mediaTransaksi", "text"],
      transactionType: ["jenisTransaksi", "text"],
      amount: ["nominal", "number"],
      accountNumber: ["nomorRekening", "number"],
      cardNumber: ["nomorKartu", "number"],
      transactionId: ["transactionId", "text"],
      claimReason: ["claimReason", "text"],
      claimDate: ["claimDate", "wallClock"],
      branchCode: ["branchCode", "text"],
      branchName: ["branchName", "text"],
      atmName: ["atmName", "text"],
      atmId: ["atmId", "text"],
      description: ["description", "text"],
      helpdeskTicketNumber: ["nomorTicketHelpdesk", "number"], // quirk 1
      branchComplaintNumber: ["noRegPengaduanCabang", "number"],
    },
  },
  CREATE_VOICE_TICKET: {
    path: "/bank-sulut/create",
    ticketType: "voice",
    fields: {
      customerPhone: ["customer_hp", "text"],
      content: ["content", "text"],
      customerEmail: ["customer_email", "text"],
      connectId: ["connectID", "text"],
      customerName: ["customer_name", "text"],
      maskedTicketId: ["ticketId_masking", "text"],
      sourceTicketId: ["ticket_id", "text"],
      subject: ["subject", "text"],
      createdAt: ["date_created_at", "wallClock"],
      closedAt: ["date_close", "wallClock"],
      handlingTime: ["handlingTime", "text"],
      mainCategory: ["mainCategory", "text"], // quirk 2
      categoryName: ["category_name", "text"],
      categoryId: ["category_id", "text"],
      subCategory: ["subCategory", "text"],
      detailSubCategory: ["detailSubCategory", "text"],
      detailSubCategory2: ["detailSubCategory2", "text"],
      createdByName: ["created_by_name", "text"],
      createdById: ["created_by_id", "text"],
      firstStreamText: ["first_stream_text", "text"],
    },
  },
  UPDATE_TICKET_STATUS: {
    path: "/bank-sulut/update-status",
    fields: {
      ticketId: ["sociomile_ticket_id", "text"],
      bsgTicketId: ["bsg_ticket_id", "text"],
      status: ["status", "status"],
    },
  },
};

/** Returns our name of a field by the vendor's or our own, of which letters and digits count (quirk 3). Null: this service sets it. Undefined: the operation has none. */
export function ourFieldName(operation: TicketOperation, name: string): string | null | undefined {
  const wanted = plainName(name);
  if (wanted === "tickettype") return null;
  const fields = Object.entries(ENDPOINTS[operation].fields);
  const found =
    fields.find(([, [vendorName]]) => plainName(vendorName) === wanted) ??
    fields.find(([ours]) => plainName(ours) === wanted);
  return found?.[0];
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

const PATHS: readonly string[] = [...new Set(Object.values(ENDPOINTS).map(({ path }) => path))];

/** Returns the mistake of a base URL that already ends in a path that the client appends, or in the beginning of one; null without it. */
export function baseUrlMistake(baseUrl: string): string | null {
  const { pathname } = new URL(baseUrl);
  const ends = PATHS.flatMap((path) => [path, path.slice(0, path.lastIndexOf("/"))]);
  const end = ends.find((candidate) => pathname.replace(/\/+$/, "").endsWith(candidate));
  return end === undefined ? null : `must end before ${end}: the service appends ${PATHS.join(" and ")}`;
}
