import { readAnswer } from "../../src/sociomile/read.ts";
import type { Refusal } from "../../src/sociomile/refusals.ts";
import type { Observe } from "../../src/telemetry/events.ts";
import type { TicketDetails } from "../../src/tickets/ticket.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { accepted } from "../support/outcomes.ts";
import { repositoryText } from "../support/repository.ts";
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
export const UPDATED_AS_PRINTED = repositoryText("test/sociomile/update-success.txt");

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

/** Reads an answer, and lists what is observed about it: oddities, and known refusals. */
export function readingOf(request: TicketRequest, wire: Wire, refusals: readonly Refusal[] = []) {
  const { status = 200, retryAfter, body = "" } = wire;
  const observed: unknown[] = [];
  const observe: Observe = (_event, fields) => observed.push(...Object.values(fields));
  const answer = { status, retryAfter, body: bytesOf(body) };
  const outcome = readAnswer(request, answer, { timeZone: MANADO, refusals: () => refusals, observe });
  return { outcome, observed };
}

function bytesOf(body: unknown): Uint8Array | null {
  if (body instanceof Uint8Array || body === null) return body;
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}
