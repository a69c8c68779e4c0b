/** Ours to theirs and back: pure, no I/O. The numbered quirks are in README.md beside this file. */
import type { TicketRequest } from "../tickets/request.ts";
import { NO_DETAILS, type TicketDetails, TicketStatus } from "../tickets/ticket.ts";
import { ENDPOINTS, type WireForm } from "./fields.ts";
import { detailOfTitle, plainTitle } from "./titles.ts";

const STATUS_LABELS: Readonly<Record<TicketStatus, string>> = {
  OPEN: "Open",
  IN_PROGRESS: "InProgress",
  PENDING: "Pending",
  PENDING_APPROVAL: "Pending Approval",
  ON_HOLD: "On Hold",
  CLOSE: "Close",
};
const STATUS_BY_LABEL: ReadonlyMap<string, TicketStatus> = new Map(
  Object.values(TicketStatus).map((status) => [plainTitle(STATUS_LABELS[status]), status]),
);

/** The path and the JSON body that ask for `request`; absent fields are absent. `timeZone`: IANA name (quirk 5). */
export function toWire(
  { operation, details }: TicketRequest,
  timeZone: string,
): { path: string; body: string } {
  const { path, ticketType, fields } = ENDPOINTS[operation];
  const given: Readonly<Record<string, unknown>> = { ...details };
  const wire: Record<string, unknown> = ticketType ? { ticketType } : {};
  for (const [ours, [vendorName, form]] of Object.entries(fields)) {
    const value = given[ours];
    if (value !== undefined) wire[vendorName] = toWireForm(form, value, timeZone);
  }
  return { path, body: JSON.stringify(wire) };
}

function toWireForm(form: WireForm, value: unknown, timeZone: string): unknown {
  switch (form) {
    case "text":
      return value;
    case "number":
      return exactNumber(value as string);
    case "wallClock":
      return wallClock(value as Temporal.Instant, timeZone);
    case "status":
      return STATUS_LABELS[value as TicketStatus];
  }
}

/** A JSON number of exactly these digits; a string where a leading zero would be lost (quirk 4). */
function exactNumber(digits: string): unknown {
  return /^0[0-9]/.test(digits) ? digits : JSON.rawJSON(digits);
}

function wallClock(instant: Temporal.Instant, timeZone: string): string {
  return instant.toString({ timeZone, smallestUnit: "second" }).slice(0, 19).replace("T", " ");
}

/** Something in an answer that could not be read as the contract says: worth counting, not worth failing. */
export type Oddity = "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE";

/** Reads the titled details of an update's answer. Null when none of them is there. */
export function fromTitles(
  titled: Readonly<Record<string, unknown>>,
  isEscalated: unknown,
  timeZone: string,
): { details: TicketDetails; oddities: Oddity[] } | null {
  const details: TicketDetails = {
    ...NO_DETAILS,
    isEscalated: typeof isEscalated === "boolean" ? isEscalated : null,
  };
  const oddities: Oddity[] = [];
  let known = false;
  for (const [title, value] of Object.entries(titled)) {
    const detail = detailOfTitle(title);
    if (detail === undefined) continue;
    known = true;
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || text === "") continue;
    if (detail === "createdAt" || detail === "closedAt") {
      details[detail] = instantOf(text, timeZone);
      if (details[detail] === null) oddities.push("DATE_NOT_READABLE");
    } else {
      details[detail] = text;
    }
  }
  if (!known) return null;
  if (details.statusLabel !== null) {
    details.status = STATUS_BY_LABEL.get(plainTitle(details.statusLabel)) ?? null;
    if (details.status === null) oddities.push("STATUS_NOT_KNOWN");
  }
  return { details, oddities };
}

function instantOf(wallClockTime: string, timeZone: string): Temporal.Instant | null {
  if (!/^\d{4}-\d\d-\d\d[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(wallClockTime)) return null;
  try {
    return Temporal.PlainDateTime.from(wallClockTime).toZonedDateTime(timeZone).toInstant();
  } catch {
    return null; // 30 February
  }
}
