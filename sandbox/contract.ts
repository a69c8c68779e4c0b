/** The vendor's document: its paths, its fields, the sentences of its refusals, and the bodies of its answers. */
import { randomBytes } from "node:crypto";
import table from "./contract.json" with { type: "json" };

/** Last part of the two URLs that the document has. */
export type VendorPath = "create" | "update-status";

/** Shapes of the three request bodies that the document has. */
export type Shape = "helpdesk" | "voice" | "update-status";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses a text as a JSON object. Null when it is anything else. */
export function jsonObjectIn(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return Object(value) === value && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** Returns a text or a number as text, and an empty text for anything else. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/**
 * Rules of each shape. `line`: that of the vendor's controller that its errors name. `mandatory`: fields beside the type, in the order in which they are
 * checked. `numbers`: fields of the type Number.
 */
const SHAPES: Readonly<Record<Shape, { line: number; mandatory: string[]; numbers: string[] }>> = table.shapes;
/** Titles in the answer to an update, in the order and spelling of the contract's example, each with the fields that it may show. */
const TITLES: Readonly<Record<string, string[]>> = table.titles;

/** Finds the shape of a request. A create without a known type counts as helpdesk. */
export function shapeOf(path: VendorPath, request: JsonObject | null = null): Shape {
  if (path === "update-status") return path;
  return request?.["ticketType"] === "voice" ? "voice" : "helpdesk";
}

/** Returns the vendor's sentence about the first mistake in a request, or null. */
export function objectionTo(path: VendorPath, request: JsonObject): string | null {
  const shape = shapeOf(path, request);
  const { ticketType } = request;
  // The type comes first, because it decides which fields are mandatory.
  if (path === "create" && isAbsent(ticketType)) return "TicketType required";
  if (path === "create" && ticketType !== shape) return "TicketType invalid";
  const { mandatory, numbers } = SHAPES[shape];
  const absent = mandatory.find((field) => isAbsent(request[field]));
  if (absent !== undefined) return `${asNamed(shape, absent)} required`;
  if (path === "update-status" && !table.statuses.includes(String(request["status"]))) return "status invalid";
  const odd = numbers.find((field) => !isAbsent(request[field]) && !isNumeric(request[field]));
  return odd === undefined ? null : `${asNamed(shape, odd)} invalid`;
}

export function firstObjection(shape: Shape): string {
  return `${asNamed(shape, SHAPES[shape].mandatory[0]!)} required`;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}

/** Writes the field as the vendor's errors do: with a capital first letter for a create, unchanged for an update. */
function asNamed(shape: Shape, field: string): string {
  return shape === "update-status" ? field : field.charAt(0).toUpperCase() + field.slice(1);
}

export function createdBody(ticketId: string, ticket_number: number) {
  return { success: true, message: "success", data: { ticketId, ticket_number }, code: 200 };
}

/** Makes the answer to an update of the ticket that `create` opened. Fields that it does not have are empty texts. */
export function updatedBody(status: string, create: JsonObject) {
  const titled = Object.entries(TITLES).map(([title, fields]) => {
    const shown = fields.map((field) => textOf(create[field])).find(Boolean) ?? "";
    return [title, title === "Status" ? status : shown] as const;
  });
  return { status: true, ticket: { data: Object.fromEntries(titled), is_escalation: true }, success: true };
}

/** Makes an error in the vendor's shape. Errors of a create have `status`, errors of an update do not. */
export function errorBody(shape: Shape, message: string) {
  return {
    type: "error",
    trace_id: randomBytes(4).toString("hex"),
    message,
    file: "/Users/vendor/sm-api/app/Http/Controllers/Integration/BankSulutController.php",
    line: SHAPES[shape].line,
    ...(shape !== "update-status" && { status: false }),
  };
}
