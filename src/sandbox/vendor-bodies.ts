import { randomBytes } from "node:crypto";
import { SHAPES, type Shape, type JsonObject } from "./contract.ts";
import { type Ending, json } from "./wire.ts";

/** Titles in the answer to an update, in the order and the spelling of the document's example, with the fields of the create. */
const TITLES: readonly [title: string, ofVoice: string | null, ofHelpdesk?: string][] = [
  ["Nomor Hanphone ", "customer_hp"],
  ["Customer Name", "customer_name", "namaNasabah"],
  ["Customer Email", "customer_email", "email"],
  ["TicketId Masking", "ticketId_masking"],
  ["Ticket Id", "ticket_id"],
  ["Content", "content", "content"],
  ["Subject", "subject"],
  ["Date Created", "date_created_at"],
  ["Date Close", "date_close"],
  ["Handling Time", "handlingTime"],
  ["Main Category", "mainCategory"],
  ["Category Name", "category_name"],
  ["Category Id", "category_id"],
  ["Cub Category", "subCategory"],
  ["Status", null],
  ["Detail Sub Category", "detailSubCategory"],
  ["Detail Sub Category 2", "detailSubCategory2"],
  ["Created By Name", "created_by_name"],
  ["Created By id", "created_by_id"],
];

export function createdBody(ticketId: string, ticket_number: number) {
  return { success: true, message: "success", data: { ticketId, ticket_number }, code: 200 };
}

/** Makes the answer to an update of the ticket that `create` opened. Fields that it does not have are empty texts. */
export function updatedBody(status: string, create: JsonObject) {
  const titled = TITLES.map(([title, ofVoice, ofHelpdesk]) => {
    const field = create["ticketType"] === "voice" ? ofVoice : ofHelpdesk;
    return [title, title === "Status" ? status : textOf(create[field ?? ""])] as const;
  });
  return { status: true, ticket: { data: Object.fromEntries(titled), is_escalation: true }, success: true };
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Answers with an error in the vendor's shape. Errors of a create have `status`, errors of an update do not. */
export function errorAnswer(shape: Shape, status: number, message: string, headers = {}): Ending {
  const error = {
    type: "error",
    trace_id: randomBytes(4).toString("hex"),
    message,
    file: "/Users/vendor/sm-api/app/Http/Controllers/Integration/BankSulutController.php",
    line: SHAPES[shape].line,
    ...(shape !== "update-status" && { status: false }),
  };
  return json(status, error, headers);
}
