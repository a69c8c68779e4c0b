import { randomInt } from "node:crypto";
import { type Form, formOf, forms } from "./contract.ts";
import type { JsonObject } from "./json-object.ts";
import type { SandboxTicket } from "./tickets.ts";

export interface CreatedBody {
  readonly success: true;
  readonly message: "success";
  readonly data: { readonly ticketId: string; readonly ticket_number: number };
  readonly code: 200;
}

export interface UpdatedBody {
  readonly status: true;
  readonly ticket: { readonly data: Readonly<Record<string, string>>; readonly is_escalation: true };
  readonly success: true;
}

/** Titles in the answer to an update, in the order and the spelling of the contract's example. */
const titles: readonly (readonly [title: string, source: { voice?: string; helpdesk?: string }])[] = [
  ["Nomor Hanphone ", { voice: "customer_hp" }],
  ["Customer Name", { voice: "customer_name", helpdesk: "namaNasabah" }],
  ["Customer Email", { voice: "customer_email", helpdesk: "email" }],
  ["TicketId Masking", { voice: "ticketId_masking" }],
  ["Ticket Id", { voice: "ticket_id" }],
  ["Content", { voice: "content", helpdesk: "content" }],
  ["Subject", { voice: "subject" }],
  ["Date Created", { voice: "date_created_at" }],
  ["Date Close", { voice: "date_close" }],
  ["Handling Time", { voice: "handlingTime" }],
  ["Main Category", { voice: "mainCategory" }],
  ["Category Name", { voice: "category_name" }],
  ["Category Id", { voice: "category_id" }],
  ["Cub Category", { voice: "subCategory" }],
  ["Status", {}],
  ["Detail Sub Category", { voice: "detailSubCategory" }],
  ["Detail Sub Category 2", { voice: "detailSubCategory2" }],
  ["Created By Name", { voice: "created_by_name" }],
  ["Created By id", { voice: "created_by_id" }],
];

export function createdBody(ticket: SandboxTicket): CreatedBody {
  const data = { ticketId: ticket.id, ticket_number: ticket.number };
  return { success: true, message: "success", data, code: 200 };
}

/** Makes the answer to an update. For an unknown ticket every text but the status is empty. */
export function updatedBody(status: string, ticket?: SandboxTicket): UpdatedBody {
  const request = ticket?.request ?? {};
  const kind = formOf("create", request) === "voice" ? "voice" : "helpdesk";
  const data: Record<string, string> = {};
  for (const [title, source] of titles) data[title] = textOf(request, source[kind]);
  data["Status"] = status;
  return { status: true, ticket: { data, is_escalation: true }, success: true };
}

/** Makes an error in the vendor's form. Errors of a create have `status`, errors of an update do not. */
export function errorBody(form: Form, message: string): object {
  const error = {
    type: "error",
    trace_id: traceId(),
    message,
    file: "/Users/vendor/sm-api/app/Http/Controllers/Integration/BankSulutController.php",
    line: forms[form].line,
  };
  return form === "update-status" ? error : { ...error, status: false };
}

function textOf(request: JsonObject, field: string | undefined): string {
  const value = field === undefined ? undefined : request[field];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function traceId(): string {
  return Array.from({ length: 8 }, () => alphanumerics.charAt(randomInt(alphanumerics.length))).join("");
}
