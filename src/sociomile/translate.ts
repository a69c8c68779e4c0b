/** The vendor's names, shapes and JSON: requests for it, and details from it. Pure, no I/O. README.md lists the quirks. */
import type { Observe } from "../telemetry/events.ts";
import type { DetailsOf, TicketOperation, TicketRequest } from "../tickets/request.ts";
import { NO_DETAILS, type TicketDetails, TicketStatus, type TitledDetail, isTime } from "../tickets/ticket.ts";
import names from "./names.json" with { type: "json" };
import { parse } from "lossless-json";

interface Endpoint<Details> {
  path: string;
  /** Vendor's word for the type of ticket; updates have none. */
  ticketType?: string;
  /** Vendor's name of each of our fields, in the order of the vendor's document (quirk 1). */
  fields: Readonly<Record<keyof Details, string>>;
}

export const ENDPOINTS: { readonly [Operation in TicketOperation]: Endpoint<DetailsOf<Operation>> } = names.operations;
const STATUS_LABELS: Readonly<Record<TicketStatus, string>> = names.statuses;
/** Titles in the answer to an update. A misspelt title is listed in both spellings (quirk 6). */
const TITLES: Readonly<Record<TitledDetail, readonly string[]>> = names.titles;

/** Returns our name of a field by its letters and digits (quirk 3). Null: this service sets it. Undefined: there is none. */
export function ourFieldName(operation: TicketOperation, name: string): string | null | undefined {
  const wanted = plainName(name);
  if (wanted === "tickettype") return null;
  const fields = Object.entries(ENDPOINTS[operation].fields);
  const found =
    fields.find(([, vendorName]) => plainName(vendorName) === wanted) ??
    fields.find(([ours]) => plainName(ours) === wanted);
  return found?.[0];
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

const PATHS: readonly string[] = [...new Set(Object.values(ENDPOINTS).map(({ path }) => path))];

/** Returns the mistake of a base URL that already ends in a path that the client appends, or in a part of it. Null: none. */
export function baseUrlMistake(baseUrl: string): string | null {
  const { pathname } = new URL(baseUrl);
  const ends = PATHS.flatMap((path) => [path, path.slice(0, path.lastIndexOf("/"))]);
  const end = ends.find((candidate) => pathname.replace(/\/+$/, "").endsWith(candidate));
  return end === undefined ? null : `must end before ${end}: the service appends ${PATHS.join(" and ")}`;
}

const STATUS_BY_LABEL: ReadonlyMap<string, TicketStatus> = new Map(
  Object.values(TicketStatus).map((status) => [plainTitle(STATUS_LABELS[status]), status]),
);

const DETAIL_BY_TITLE: ReadonlyMap<string, TitledDetail> = new Map(
  (Object.keys(TITLES) as TitledDetail[]).flatMap((detail) =>
    TITLES[detail].map((title) => [plainTitle(title), detail] as const),
  ),
);

/** Returns the detail that the vendor reports under a title. Undefined: the title is unknown. */
export function detailOf(title: string): TitledDetail | undefined {
  return DETAIL_BY_TITLE.get(plainTitle(title));
}

/** Translates a request into the vendor's path and JSON body. Absent fields stay absent. `timeZone`: IANA name (quirk 5). */
export function toWire({ operation, details }: TicketRequest, timeZone: string) {
  const { path, ticketType, fields } = ENDPOINTS[operation];
  const values = details as unknown as Readonly<Record<string, unknown>>;
  const members = ticketType === undefined ? [] : [`"ticketType":"${ticketType}"`];
  for (const [ours, vendorName] of Object.entries(fields)) {
    const value = values[ours];
    if (value === undefined) continue;
    const json = WRITERS[ours]?.(value as never, timeZone) ?? JSON.stringify(value);
    members.push(`"${vendorName}":${json}`);
  }
  return { path, body: `{${members.join()}}` };
}

/** Writers of the fields that are not sent as text. */
const WRITERS: Readonly<Record<string, (value: never, timeZone: string) => string>> = {
  amount: exactNumber,
  accountNumber: exactNumber,
  cardNumber: exactNumber,
  helpdeskTicketNumber: exactNumber,
  branchComplaintNumber: exactNumber,
  claimDate: wallClock,
  createdAt: wallClock,
  closedAt: wallClock,
  status: (status: TicketStatus) => JSON.stringify(STATUS_LABELS[status]),
};

/** Returns exactly these digits as a number of JSON, or as a text when they begin with a zero (quirk 4). */
function exactNumber(digits: string): string {
  return /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(digits) ? digits : JSON.stringify(digits);
}

function wallClock(instant: Temporal.Instant, timeZone: string): string {
  const text = instant.toString({ timeZone, smallestUnit: "second" });
  return JSON.stringify(text.slice(0, 19).replace("T", " "));
}

/** Reads the details of an answer to an update by their titles. Null: no title is known. `observe` gets differences. */
export function detailsIn(
  titled: object,
  isEscalated: unknown,
  { timeZone, observe }: { timeZone: string; observe: Observe },
) {
  const known = Object.entries(titled).flatMap(([title, value]) => {
    const detail = detailOf(title);
    return detail === undefined ? [] : [[detail, typeof value === "number" ? String(value) : value] as const];
  });
  if (known.length === 0) return null;
  const details: TicketDetails = { ...NO_DETAILS, isEscalated: typeof isEscalated === "boolean" ? isEscalated : null };
  const oddities = new Set<"STATUS_NOT_KNOWN" | "DATE_NOT_READABLE">();
  for (const [detail, text] of known) {
    if (typeof text !== "string" || text === "") continue;
    if (!isTime(detail)) details[detail] = text.toWellFormed();
    else if ((details[detail] = instantIn(text, timeZone)) === null) oddities.add("DATE_NOT_READABLE");
  }
  if (details.statusLabel !== null) {
    details.status = STATUS_BY_LABEL.get(plainTitle(details.statusLabel)) ?? null;
    if (details.status === null) oddities.add("STATUS_NOT_KNOWN");
  }
  for (const oddity of oddities) observe("sociomile.oddity", { oddity });
  return details;
}

function instantIn(wallClockTime: string, timeZone: string): Temporal.Instant | null {
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

/**
 * Parses the vendor's JSON: tolerant in shape only (quirk 7), exact in numbers (quirk 8): one that a double would change
 * becomes text. Undefined for no JSON, or a key with two values.
 */
export function parseVendorJson(text: string, hasCommas = true): unknown {
  try {
    return parse(text, null, readNumber);
  } catch {
    return hasCommas ? parseVendorJson(withoutTrailingCommas(text), false) : undefined;
  }
}

function readNumber(source: string): number | string {
  const number = Number(source);
  return String(number) === source.replace(/\.0+$/, "") ? number : source;
}

/** Removes commas before `}` or `]`, but those in strings. An open string goes to the end: the pattern never backtracks. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])/gs, (match) => (match === "," ? "" : match));
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a body as text and as JSON. `text`: null for bytes that are not UTF-8. `json`: null for anything but an object. */
export function readBody(bytes: Uint8Array | null): { text: string | null; json: JsonObject | null } {
  try {
    const text = bytes && new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark
    if (text === null || text.includes("\0")) return { text: null, json: null };
    const json = parseVendorJson(text);
    return { text, json: isObject(json) ? json : null };
  } catch {
    return { text: null, json: null };
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns an object, also from an array of one (quirk 7). */
export function oneObject(value: unknown): JsonObject | null {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return isObject(one) ? one : null;
}

/** Writes a value as JSON without escapes of JSON and of addresses, and without invisible characters, to search it. */
export function plain(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll("%", ""), "hex").toString())
    .replaceAll("+", " ")
    .replaceAll(/\\|\p{DI}/gu, "")
    .slice(1, -1);
}
