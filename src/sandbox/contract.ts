import type { JsonObject } from "./json-object.ts";

/** Last part of the two URLs that the contract documents. */
export type VendorPath = "create" | "update-status";

/** Forms of the three request bodies that the contract documents. */
export type Form = "helpdesk" | "voice" | "update-status";

interface FormRules {
  /** Line of the vendor's controller that its errors name. */
  readonly line: number;
  /** Mandatory fields, in the order of the contract's table. They are checked in this order. */
  readonly mandatory: readonly string[];
  /** Fields of the vendor's type Number, mandatory or not. */
  readonly numbers: readonly string[];
}

export const forms: Readonly<Record<Form, FormRules>> = {
  helpdesk: {
    line: 99,
    mandatory: [
      "namaNasabah",
      "ticketType",
      "content",
      "connectID",
      "mediaTransaksi",
      "nominal",
      "branchCode",
      "branchName",
      "atmName",
      "atmId",
      "nomorTicketHelpdesk",
      "noRegPengaduanCabang",
    ],
    numbers: ["nominal", "nomorRekening", "nomorKartu", "nomorTicketHelpdesk", "noRegPengaduanCabang"],
  },
  voice: {
    line: 181,
    mandatory: ["customer_hp", "ticketType", "content", "customer_email", "connectID", "customer_name"],
    numbers: [],
  },
  "update-status": {
    line: 424,
    mandatory: ["sociomile_ticket_id", "bsg_ticket_id", "status"],
    numbers: [],
  },
};

const statuses: ReadonlySet<unknown> = new Set([
  "Open",
  "InProgress",
  "Pending",
  "Pending Approval",
  "On Hold",
  "Close",
]);

/** Finds the form of a request. A create without a known type counts as helpdesk. */
export function formOf(path: VendorPath, request?: JsonObject): Form {
  if (path === "update-status") return path;
  return request?.["ticketType"] === "voice" ? "voice" : "helpdesk";
}

/** Returns the vendor's sentence about the first mistake in a request; undefined when there is none. */
export function objectionTo(path: VendorPath, request: JsonObject): string | undefined {
  const form = formOf(path, request);
  const typeObjection = form === "update-status" ? undefined : objectionToType(request);
  return typeObjection ?? objectionToAbsence(form, request) ?? objectionToValue(form, request);
}

/** Returns the vendor's sentence about an absent first field of a form. */
export function firstObjection(form: Form): string {
  return objectionToAbsence(form, {}) ?? "";
}

/** Checks the type first, because it decides which fields are mandatory. */
function objectionToType({ ticketType }: JsonObject): string | undefined {
  if (isAbsent(ticketType)) return "TicketType required";
  return ticketType === "helpdesk" || ticketType === "voice" ? undefined : "TicketType invalid";
}

function objectionToAbsence(form: Form, request: JsonObject): string | undefined {
  const absent = forms[form].mandatory.find((field) => isAbsent(request[field]));
  return absent === undefined ? undefined : `${asNamed(form, absent)} required`;
}

function objectionToValue(form: Form, request: JsonObject): string | undefined {
  if (form === "update-status") return statuses.has(request["status"]) ? undefined : "status invalid";
  const odd = forms[form].numbers.find((field) => !isAbsent(request[field]) && !isNumeric(request[field]));
  return odd === undefined ? undefined : `${asNamed(form, odd)} invalid`;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}

/** Writes the field as the vendor's errors do: with a capital first letter for a create, unchanged for an update. */
function asNamed(form: Form, field: string): string {
  return form === "update-status" ? field : field.charAt(0).toUpperCase() + field.slice(1);
}
