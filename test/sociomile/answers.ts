import { readAnswer } from "../../src/sociomile/read.ts";
import type { Oddity } from "../../src/sociomile/translate.ts";
import type { TicketDetails } from "../../src/tickets/ticket.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { accepted } from "../support/outcomes.ts";
import { MANADO } from "./requests.ts";

/** Example answers of the document, and the function by which tests read one. */

/** `examples/create-success.json` of the document. */
export const CREATED = {
  success: true,
  message: "success",
  data: { ticketId: "691d2c9e24596a3fa719fb0e", ticket_number: 32197 },
  code: 200,
} as const;

/** Outcome of a create that the vendor answers so. */
export const ACCEPTED = accepted(CREATED.data.ticketId, null, "32197");

/** `examples/update-success.json` of the document, with the trailing commas that its document prints. */
export const UPDATED_AS_PRINTED = `{
  "status": true,
  "ticket": {
    "data": {
      "Nomor Hanphone ": "083848593907",
      "Customer Name": "M Maulidul Arzaqi",
      "Customer Email": "zaqi@gmail.com",
      "TicketId Masking": "123456",
      "Ticket Id": "1234567891",
      "Content": " halo selamat malam semuanya ",
      "Subject": "complain pelanggan",
      "Date Created": "2025-10-23 16:54:08",
      "Date Close": "2025-10-23 17:54:08",
      "Handling Time": "10:10:09",
      "Main Category": "2024-12-19T10 :30:00Z",
      "Category Name": "complain internal ",
      "Category Id": "001",
      "Cub Category": " complain internal aja",
      "Status": "InProgress",
      "Detail Sub Category": "pelayanan lambat",
      "Detail Sub Category 2": "pelayanan lambat banget",
      "Created By Name": "maulid",
      "Created By id": "009278",
    },
    "is_escalation": true,
  },
  "success": true,
}
`;

/** Details of that answer, with the vendor's clock in Manado. */
export const UPDATED_DETAILS: TicketDetails = {
  status: "IN_PROGRESS",
  statusLabel: "InProgress",
  customerPhone: "083848593907",
  customerName: "M Maulidul Arzaqi",
  customerEmail: "zaqi@gmail.com",
  maskedTicketId: "123456",
  sourceTicketId: "1234567891",
  subject: "complain pelanggan",
  content: " halo selamat malam semuanya ",
  createdAt: Temporal.Instant.from("2025-10-23T08:54:08Z"),
  closedAt: Temporal.Instant.from("2025-10-23T09:54:08Z"),
  handlingTime: "10:10:09",
  mainCategory: "2024-12-19T10 :30:00Z",
  categoryName: "complain internal ",
  categoryId: "001",
  subCategory: " complain internal aja",
  detailSubCategory: "pelayanan lambat",
  detailSubCategory2: "pelayanan lambat banget",
  createdByName: "maulid",
  createdById: "009278",
  isEscalated: true,
};

/** `examples/error-create-helpdesk.json` of the document. */
export const REFUSED = {
  type: "error",
  trace_id: "ecPUkJSF",
  message: "NamaNasabah required",
  file: "/srv/app/Http/Controllers/Integration/BankSulutController.php",
  line: 99,
  status: false,
} as const;

/** An answer as a test writes it. Bytes and text stay as they are, and so does the null of a body that is too large; anything else becomes JSON. */
export interface Wire {
  status?: number;
  retryAfter?: string;
  body?: unknown;
}

export function readingOf(request: TicketRequest, wire: Wire, timeZone = MANADO) {
  const { status = 200, retryAfter, body = "" } = wire;
  const oddities: Oddity[] = [];
  const answer = { status, retryAfter, body: bytesOf(body) };
  const outcome = readAnswer(request, answer, { timeZone, notice: (oddity) => oddities.push(oddity) });
  return { outcome, oddities };
}

function bytesOf(body: unknown): Uint8Array | null {
  if (body instanceof Uint8Array || body === null) return body;
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}
