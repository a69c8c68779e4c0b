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

/** Flags come in any case (quirk 7). */
const FLAGS = /^(?:success|status|type|code|data)$/i;

/**
 * Signs, anywhere in an answer, that a ticket may exist: a flag that says yes, or a ticket's id or number. Looked for in the
 * text, so that an answer that is cut short, nested or contradicts itself cannot hide them.
 */
const SIGNS_OF_SUCCESS =
  /"(?:success|status)"\s*:\s*"?(?:true|1\b)|"code"\s*:\s*"?200\b|"ticket_?(?:id|number)"\s*:\s*(?:"[^"]|[\d{[])/i;

/** The longest wait that a caller is told, in seconds. A date decades away would not fit GraphQL's Int either. */
export const MAX_RETRY_AFTER_S = 3600;

/**
 * Decides what an answer means: the body decides, the HTTP status is evidence (quirk 9). The first rule that matches
 * wins; what matches none is unknown, because a ticket may exist.
 */
export function readAnswer(request: TicketRequest, wire: WireAnswer, timeZone: string): Reading {
  const parsed = parseVendorJson(wire.body);
  const body = isObject(parsed) ? lowerCased(parsed, FLAGS) : null;
  const accepted = body && isAccepted(request, body) ? report(request, body, timeZone) : null;
  if (accepted)
    return { answer: { outcome: "accepted", report: accepted.report }, oddities: accepted.oddities };
  const traceId = traceIdOf(body);
  const answer = SIGNS_OF_SUCCESS.test(new TextDecoder("latin1").decode(wire.body))
    ? notUnderstood(traceId)
    : ((body && refusal(request, body)) ?? statusVerdict(wire, traceId));
  return { answer, oddities: [] };
}

/** `keys` in lower case, the others as they are. Null when one of them stands there with two values: which would count? */
function lowerCased(body: JsonObject, keys: RegExp): JsonObject | null {
  const plain = new Map<string, unknown>();
  for (const [key, value] of Object.entries(body)) {
    const name = keys.test(key) ? key.toLowerCase() : key;
    if (plain.has(name) && plain.get(name) !== value) return null;
    plain.set(name, value);
  }
  return Object.fromEntries(plain);
}

/** A flag that is there must say yes; an update's `status` must only not say no. */
function isAccepted({ operation }: TicketRequest, body: JsonObject): boolean {
  const { success, status, code } = body;
  const isUpdate = operation === "UPDATE_TICKET_STATUS";
  const succeeded = success === true || (isUpdate && success === undefined && status === true);
  const statusIsContrary = isUpdate ? saysNo(status) : status !== undefined && status !== true;
  const codeIsContrary = code !== undefined && code !== 200 && code !== "200";
  return succeeded && !statusIsContrary && !codeIsContrary && !isError(body);
}

function saysNo(flag: unknown): boolean {
  return flag === false || flag === 0 || (typeof flag === "string" && /^\s*(?:false|0)\s*$/i.test(flag));
}

function isError({ type }: JsonObject): boolean {
  return typeof type === "string" && type.trim().toLowerCase() === "error";
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
  const ticket = lowerCased(oneObject(body["ticket"]) ?? {}, /^data$/i) ?? {};
  const read = fromTitles(oneObject(ticket["data"]) ?? ticket, ticket["is_escalation"], timeZone);
  const { details, oddities } = read ?? { details: null, oddities: [] };
  return { report: { id: request.details.ticketId, number: null, details }, oddities };
}

/**
 * Null without a usable id: then nobody could ever find the ticket, so nothing was told. An id goes into addresses and pages of
 * others, so it holds nothing that is path or markup there.
 */
function createdTicket(data: JsonObject | null): AcceptedTicket | null {
  const id = data?.["ticketId"];
  const usable = typeof id === "string" && /^[\w.:-]{1,255}$/.test(id);
  return usable ? { id, number: digitsOf(data?.["ticket_number"]), details: null } : null;
}

/** The digits of a whole number, also when it is written with a fraction of zero. */
function digitsOf(number: unknown): string | null {
  const text = typeof number === "number" || typeof number === "string" ? String(number).trim() : "";
  return /^(\d{1,64})(?:\.0+)?$/.exec(text)?.[1] ?? null;
}

/** The documented error shape with a refusal that is known to come before anything is done (quirk 3). */
function refusal({ operation }: TicketRequest, body: JsonObject): DeskAnswer | null {
  const { message } = body;
  if (!isError(body) || typeof message !== "string") return null;
  const [, vendorField] = /^\s*(\w{1,64}) required\s*$/i.exec(message) ?? [];
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
    case 407: // of a proxy, before it sends anything further
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
      return notUnderstood(traceId);
  }
}

function notUnderstood(traceId: string | null): DeskAnswer {
  return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId };
}

/** Retry-After in seconds, from either of its forms (RFC 9110, section 10.2.3); at most MAX_RETRY_AFTER_S. */
function secondsUntil(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d+$/.test(retryAfter)) return Math.min(Number(retryAfter), MAX_RETRY_AFTER_S);
  const isDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(retryAfter);
  const seconds = isDate ? (Date.parse(retryAfter) - Date.now()) / 1000 : NaN;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(0, Math.ceil(seconds)), MAX_RETRY_AFTER_S);
}
