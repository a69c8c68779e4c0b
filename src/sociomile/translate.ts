/** Translates requests for the vendor, and details from it. Pure, no I/O. README.md beside this file lists the quirks. */
import type { TicketRequest } from "../tickets/request.ts";
import {
  NO_DETAILS,
  type TicketDetails,
  TicketStatus,
  type TitledDetail,
  isTime,
} from "../tickets/ticket.ts";
import { ENDPOINTS, type Shape } from "./fields.ts";
import type { Refusal } from "./refusals.ts";

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

const DETAIL_BY_TITLE: ReadonlyMap<string, TitledDetail> = new Map(
  (Object.keys(TITLES) as TitledDetail[]).flatMap((detail) =>
    TITLES[detail].map((title) => [plainTitle(title), detail] as const),
  ),
);

/** Returns the detail that the vendor reports under a title. Undefined: it is none that we know. */
export function detailOf(title: string): TitledDetail | undefined {
  return DETAIL_BY_TITLE.get(plainTitle(title));
}

/** Translates a request into the vendor's path and JSON body. Absent fields stay absent. `timeZone`: IANA name (quirk 5). */
export function toWire({ operation, details }: TicketRequest, timeZone: string) {
  const { path, ticketType, fields } = ENDPOINTS[operation];
  const values = details as unknown as Readonly<Record<string, unknown>>;
  const members = ticketType === undefined ? [] : [`"ticketType":"${ticketType}"`];
  for (const [ours, [vendorName, shape]] of Object.entries(fields)) {
    const value = values[ours];
    if (value !== undefined) members.push(`"${vendorName}":${AS_JSON[shape](value as never, timeZone)}`);
  }
  return { path, body: `{${members.join()}}` };
}

const AS_JSON: Readonly<Record<Shape, (value: never, timeZone: string) => string>> = {
  text: (value: string) => JSON.stringify(value),
  number: exactNumber,
  wallClock: (time, timeZone) => JSON.stringify(wallClock(time, timeZone)),
  status: (status: TicketStatus) => JSON.stringify(STATUS_LABELS[status]),
};

/** Returns exactly these digits as a number of JSON, or as a text when a leading zero would be lost (quirk 4). */
function exactNumber(digits: string): string {
  return /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(digits) ? digits : JSON.stringify(digits);
}

function wallClock(instant: Temporal.Instant, timeZone: string): string {
  return instant.toString({ timeZone, smallestUnit: "second" }).slice(0, 19).replace("T", " ");
}

/** Part of an answer that differs from the document. It is counted, and the request does not fail. */
export type Oddity = "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE";

export interface Reading {
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  notice: (oddity: Oddity) => void;
  /** Refusals that operators have taught. */
  refusals?: readonly Refusal[];
  /** Hears the id of a taught refusal that an answer matches. */
  taught?: (id: string) => void;
}

/** Reads the details of an answer to an update by their titles. Null when no title is known. */
export function fromTitles(titled: object, isEscalated: unknown, { timeZone, notice }: Reading) {
  const details: TicketDetails = {
    ...NO_DETAILS,
    isEscalated: typeof isEscalated === "boolean" ? isEscalated : null,
  };
  let found = false;
  const oddities = new Set<Oddity>();
  for (const [title, value] of Object.entries(titled)) {
    const detail = detailOf(title);
    if (detail === undefined) continue;
    found = true;
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || text === "") continue;
    if (!isTime(detail)) details[detail] = text.toWellFormed();
    else if ((details[detail] = instantOf(text, timeZone)) === null) oddities.add("DATE_NOT_READABLE");
  }
  if (details.statusLabel !== null) {
    details.status = STATUS_BY_LABEL.get(plainTitle(details.statusLabel)) ?? null;
    if (details.status === null) oddities.add("STATUS_NOT_KNOWN");
  }
  oddities.forEach(notice);
  return found ? details : null;
}

function instantOf(wallClockTime: string, timeZone: string): Temporal.Instant | null {
  if (!/^\d{4}-\d\d-\d\d[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(wallClockTime)) return null;
  try {
    return Temporal.PlainDateTime.from(wallClockTime).toZonedDateTime(timeZone).toInstant();
  } catch {
    return null; // 30 February
  }
}

/** Normalises a title: lower case, no spaces around it, single spaces inside. */
function plainTitle(title: string): string {
  return title.trim().replace(/\s+/g, " ").toLowerCase();
}
