/** Translates requests for the vendor, and details from it. Pure, no I/O. README.md beside this file lists the quirks. */
import type { TicketRequest } from "../tickets/request.ts";
import { NO_DETAILS, type TicketDetails, TicketStatus, isTime } from "../tickets/ticket.ts";
import { ENDPOINTS, type Shape } from "./fields.ts";
import { DETAIL_BY_TITLE, plainTitle } from "./titles.ts";

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

/** Translates a request into the vendor's path and JSON body. Absent fields stay absent. `timeZone`: IANA name (quirk 5). */
export function toWire(
  { operation, details }: TicketRequest,
  timeZone: string,
): { path: string; body: string } {
  const { path, ticketType, fields } = ENDPOINTS[operation];
  const values = details as unknown as Readonly<Record<string, unknown>>;
  const body: Record<string, unknown> = { ticketType }; // JSON leaves out what is undefined
  for (const [ours, [vendorName, shape]] of Object.entries(fields)) {
    const value = values[ours];
    if (value !== undefined) body[vendorName] = inShape(shape, value, timeZone);
  }
  return { path, body: JSON.stringify(body) };
}

function inShape(shape: Shape, value: unknown, timeZone: string): unknown {
  switch (shape) {
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

/** Returns exactly these digits as a number of JSON, or as a text when a leading zero would be lost (quirk 4). */
function exactNumber(digits: string): unknown {
  return /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(digits) ? JSON.rawJSON(digits) : digits;
}

function wallClock(instant: Temporal.Instant, timeZone: string): string {
  return instant.toString({ timeZone, smallestUnit: "second" }).slice(0, 19).replace("T", " ");
}

/** Part of an answer that differs from the contract. It is counted, and the request does not fail. */
export type Oddity = "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE";

/** Reads the details of an answer to an update by their titles. Null when no title is known. */
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
  let found = false;
  for (const [title, value] of Object.entries(titled)) {
    const detail = DETAIL_BY_TITLE.get(plainTitle(title));
    if (detail === undefined) continue;
    found = true;
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || text === "") continue;
    if (isTime(detail)) {
      details[detail] = instantOf(text, timeZone);
      if (details[detail] === null) oddities.push("DATE_NOT_READABLE");
    } else {
      details[detail] = text;
    }
  }
  if (!found) return null;
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
