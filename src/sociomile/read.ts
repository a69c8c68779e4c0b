/** Reads the vendor's answer. Pure; the numbered quirks are in README.md beside this file. */
import type { DeskAnswer, AcceptedTicket } from "../tickets/outcome.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { ourFieldName } from "./fields.ts";
import { type JsonObject, isObject, oneObject, parseVendorJson } from "./json.ts";
import { type Oddity, fromTitles } from "./translate.ts";

/** What came over the wire, whole. */
export interface WireAnswer {
  status: number;
  retryAfter: string | undefined;
  body: Uint8Array;
}

export interface Reading {
  answer: DeskAnswer;
  oddities: Oddity[];
}

/**
 * Decides what an answer means: the body decides, the HTTP status is evidence (quirk 9). The first rule that matches
 * wins; what matches none is unknown, because a ticket may exist.
 */
export function readAnswer(request: TicketRequest, wire: WireAnswer, timeZone: string): Reading {
  const parsed = parseVendorJson(wire.body);
  const body = isObject(parsed) ? flagsLowerCased(parsed) : null;
  const accepted = body && isAccepted(request, body) ? report(request, body, timeZone) : null;
  if (accepted)
    return { answer: { outcome: "accepted", report: accepted.report }, oddities: accepted.oddities };
  return { answer: (body && refusal(request, body)) ?? statusVerdict(wire, traceIdOf(body)), oddities: [] };
}

/** `success`, `data` and `code` come in any case (quirk 7). Null when one of them comes twice: which would count? */
function flagsLowerCased(body: JsonObject): JsonObject | null {
  const flags = Object.entries(body).map(
    ([key, value]) => [/^(success|data|code)$/i.test(key) ? key.toLowerCase() : key, value] as const,
  );
  const lowerCased = Object.fromEntries(flags);
  return Object.keys(lowerCased).length === flags.length ? lowerCased : null;
}

function isAccepted({ operation }: TicketRequest, body: JsonObject): boolean {
  const succeeded =
    body["success"] === true ||
    (operation === "UPDATE_TICKET_STATUS" && body["success"] === undefined && body["status"] === true);
  const contrary = body["status"] === false || isError(body) || !isOkCode(body["code"]);
  return succeeded && !contrary;
}

/** Absent, or 200 as a number or as text (quirk 7). */
function isOkCode(code: unknown): boolean {
  return code == null || code === 200 || code === "200";
}

function isError(body: JsonObject): boolean {
  return typeof body["type"] === "string" && body["type"].toLowerCase() === "error";
}

function report(
  request: TicketRequest,
  body: JsonObject,
  timeZone: string,
): { report: AcceptedTicket; oddities: Oddity[] } | null {
  if (request.operation !== "UPDATE_TICKET_STATUS") {
    const created = createdTicket(oneObject(body["data"]));
    return created && { report: created, oddities: [] };
  }
  const ticket = flagsLowerCased(oneObject(body["ticket"]) ?? {}) ?? {};
  const read = fromTitles(oneObject(ticket["data"]) ?? ticket, ticket["is_escalation"], timeZone);
  const { details, oddities } = read ?? { details: null, oddities: [] };
  return { report: { id: request.details.ticketId, number: null, details }, oddities };
}

/** Null without a usable id: then nobody could ever find the ticket, so nothing was told. */
function createdTicket(data: JsonObject | null): AcceptedTicket | null {
  const id = data?.["ticketId"];
  const usable = typeof id === "string" && /^[\x21-\x7e]{1,255}$/.test(id);
  return usable ? { id, number: digitsOf(data?.["ticket_number"]), details: null } : null;
}

function digitsOf(number: unknown): string | null {
  const text = typeof number === "number" || typeof number === "string" ? String(number).trim() : "";
  return /^\d+$/.test(text) ? text : null;
}

/** The documented error shape with a refusal that is known to come before anything is done (quirk 3). */
function refusal({ operation }: TicketRequest, body: JsonObject): DeskAnswer | null {
  if (!isError(body) || body["success"] === true || body["status"] === true) return null;
  const [, vendorField] = /^\s*(\w{1,64}) required\s*$/i.exec(String(body["message"])) ?? [];
  const field = vendorField === undefined ? undefined : ourFieldName(operation, vendorField);
  if (field === undefined) return null;
  return { outcome: "rejected", reason: "REFUSED_BY_SOCIOMILE", field, traceId: traceIdOf(body) };
}

/** The vendor's handle for its support. Anything that does not look like one is dropped: it could be a path. */
function traceIdOf(body: JsonObject | null): string | null {
  const traceId = body?.["trace_id"];
  return typeof traceId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(traceId) ? traceId : null;
}

/** What the HTTP status says alone, where the body says nothing that is known. */
function statusVerdict({ status, retryAfter }: WireAnswer, traceId: string | null): DeskAnswer {
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 415:
      return { outcome: "notExecuted", reason: "SOCIOMILE_SETTINGS_REFUSED", retryAfterSeconds: null };
    case 413:
      return { outcome: "rejected", reason: "TOO_LARGE_FOR_SOCIOMILE", field: null, traceId };
    case 429:
      return {
        outcome: "notExecuted",
        reason: "SOCIOMILE_THROTTLED",
        retryAfterSeconds: secondsUntil(retryAfter),
      };
    default:
      return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId };
  }
}

/** Retry-After in seconds, from either of its forms (RFC 9110, section 10.2.3). */
function secondsUntil(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d{1,6}$/.test(retryAfter)) return Number(retryAfter);
  const isDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(retryAfter);
  const seconds = isDate ? (Date.parse(retryAfter) - Date.now()) / 1000 : NaN;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}
