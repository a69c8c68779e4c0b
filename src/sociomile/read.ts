/** Reads the vendor's answers. Pure, no I/O. README.md beside this file lists the quirks. */
import type { Outcome, AcceptedTicket } from "../tickets/outcome.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { WireAnswer } from "./exchange.ts";
import { ourFieldName } from "./fields.ts";
import { type JsonObject, isObject, oneObject, parseVendorJson } from "./json.ts";
import { notExecuted, notUnderstood } from "./outcomes.ts";
import { type Reading, fromTitles } from "./translate.ts";

/** Keys that the vendor writes in any case (quirk 7). */
const FLAGS = /^(?:success|status|type|code|data)$/i;

/** Signs that a ticket may exist: a positive flag, its id or number. They are searched in the text, where nothing cut short, nested or doubled hides them. */
const SIGNS_OF_SUCCESS =
  /"(?:success|status)"\s*:\s*"*(?:true|1\b)|"code"\s*:\s*"*200\b|"ticket_?(?:id|number)"\s*:\s*(?:"[^"]|""+[^\s",}\]]|[\d{[])/i;

/** Longest wait that a caller is told, in seconds. A date far in the future would not fit GraphQL's Int. */
const MAX_RETRY_AFTER_S = 3600;

/** Reads an answer as an outcome. The body decides, else the HTTP status (quirk 9), else it is unknown, because a ticket may exist. */
export function readAnswer(request: TicketRequest, wire: WireAnswer, reading: Reading): Outcome {
  const text = wire.body && textOf(wire.body);
  if (text === null) return notUnderstood();
  const parsed = parseVendorJson(text);
  const body = isObject(parsed) ? lowerCased(parsed, FLAGS) : null;
  const ticket = body && isAccepted(request, body) ? acceptedTicket(request, body, reading) : null;
  if (ticket) return { outcome: "accepted", ticket };
  const traceId = traceIdOf(body);
  if (SIGNS_OF_SUCCESS.test(withoutEscapes(text))) return notUnderstood(traceId);
  return (body && refusal(request, body)) ?? outcomeByStatus(wire, traceId);
}

/** True when an answer has no flag of the vendor's, as the page of a proxy on the way, or the error of a gateway. */
export function isFormless({ body }: WireAnswer): boolean {
  const text = body && textOf(body);
  const parsed = text === null ? null : parseVendorJson(text);
  return text !== null && !(isObject(parsed) && Object.keys(parsed).some((key) => FLAGS.test(key)));
}

/** True when a text of the vendor's in an outcome holds one of these secrets, be it as a part of an address. */
export function holdsSecret(outcome: Outcome, secrets: readonly string[]): boolean {
  const traceId = "traceId" in outcome ? outcome.traceId : null;
  const { details, ...ticket } = outcome.outcome === "accepted" ? outcome.ticket : { details: null };
  const told = plain([traceId, ...Object.values(ticket), ...Object.values(details ?? {})]);
  return secrets.some((secret) => told.includes(plain(secret).slice(1, -1)));
}

/** Writes a value as JSON without the escapes of JSON and of addresses, and without invisible characters, so that a text is found in any of them. */
function plain(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll("%", ""), "hex").toString())
    .replaceAll("+", " ")
    .replaceAll(/\\|\p{DI}/gu, "");
}

/** Decodes UTF-8 and drops a BOM. Null for bytes that are no text, such as compressed ones: they may hold anything. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

/** Replaces the escapes of JSON, also of JSON in a text of JSON, which could hide a sign of success. */
function withoutEscapes(json: string): string {
  const unescaped = json.replace(/\\{1,8}u([0-9a-f]{4})/gi, (_, hex) =>
    String.fromCharCode(Number(`0x${hex}`)),
  );
  return unescaped.replaceAll(/\\[nrt]/g, " ").replaceAll("\\", "");
}

/** Writes the keys that match `keys` in lower case. Null when one of them then has two values (quirk 10). */
function lowerCased(body: JsonObject, keys: RegExp): JsonObject | null {
  const renamed = new Map<string, unknown>();
  for (const [key, value] of Object.entries(body)) {
    const name = keys.test(key) ? key.toLowerCase() : key;
    if (renamed.has(name) && renamed.get(name) !== value) return null;
    renamed.set(name, value);
  }
  return Object.fromEntries(renamed);
}

/** True when every flag that is present is positive. The `status` of an update may be anything that is not negative. */
function isAccepted({ operation }: TicketRequest, body: JsonObject): boolean {
  const { success, status } = body;
  if (OPERATIONS[operation].isCreate) return success === true && !isContrary(body);
  const succeeded = success === true || (success === undefined && status === true);
  return succeeded && !saysNo(status) && !isContrary({ ...body, status: undefined });
}

/** True when a flag that is present is anything but positive. */
function isContrary(body: JsonObject): boolean {
  const { success = true, status = true, code = 200 } = body;
  return success !== true || status !== true || (code !== 200 && code !== "200") || isError(body);
}

function saysNo(flag: unknown): boolean {
  return flag === false || flag === 0 || (typeof flag === "string" && /^\s*(?:false|0)\s*$/i.test(flag));
}

function isError({ type }: JsonObject): boolean {
  return typeof type === "string" && type.trim().toLowerCase() === "error";
}

function acceptedTicket(request: TicketRequest, body: JsonObject, reading: Reading): AcceptedTicket | null {
  const data = lowerCased(oneObject(body["data"]) ?? {}, FLAGS);
  switch (request.operation) {
    case "CREATE_HELPDESK_TICKET":
    case "CREATE_VOICE_TICKET":
      return data && !isContrary(data) ? createdTicket(data) : null;
    case "UPDATE_TICKET_STATUS": {
      const { ticketId = request.details.ticketId } = data ?? {};
      if (ticketId !== request.details.ticketId) return null; // the answer to another request
      const ticket = lowerCased(oneObject(body["ticket"]) ?? {}, /^data$/i) ?? {};
      const titled = oneObject(ticket["data"]) ?? ticket;
      const details = fromTitles(titled, ticket["is_escalation"], reading);
      return { id: request.details.ticketId, number: null, details };
    }
  }
}

/** Reads the created ticket. Null without a usable id: nobody could find it. An id stands in addresses and pages: it holds no path or markup. */
function createdTicket(data: JsonObject): AcceptedTicket | null {
  const id = data["ticketId"];
  const usable = typeof id === "string" && /^(?!\.+$)[\w.:-]{1,255}$/.test(id);
  return usable ? { id, number: digitsOf(data["ticket_number"]), details: null } : null;
}

/** Returns the digits of a whole number, also when it has a fraction of zero. */
function digitsOf(number: unknown): string | null {
  const text = typeof number === "number" || typeof number === "string" ? String(number).trim() : "";
  return /^(\d{1,64})(?:\.0+)?$/.exec(text)?.[1] ?? null;
}

/** Reads a refusal in the documented shape of an error. The vendor sends these refusals before it does anything (quirk 3). */
function refusal({ operation }: TicketRequest, body: JsonObject): Outcome | null {
  const { message } = body;
  if (!isError(body) || typeof message !== "string") return null;
  const [, vendorField] = /^\s*(\w{1,64}) required\s*$/i.exec(message) ?? [];
  const field = vendorField === undefined ? undefined : ourFieldName(operation, vendorField);
  if (field === undefined) return null;
  return { outcome: "rejected", reason: "REFUSED_BY_SOCIOMILE", field, traceId: traceIdOf(body) };
}

/** Returns the id by which the vendor's support finds the request. Any other text is dropped: it may be a path. */
function traceIdOf(body: JsonObject | null): string | null {
  const traceId = body?.["trace_id"];
  return typeof traceId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(traceId) ? traceId : null;
}

/** HTTP statuses that no retry cures. 407 is that of a proxy on Sociomile's side, before it sends anything further. */
const REFUSALS = new Set([401, 403, 404, 405, 407, 415]);

function outcomeByStatus({ status, retryAfter }: WireAnswer, traceId: string | null): Outcome {
  if (REFUSALS.has(status)) return notExecuted("SOCIOMILE_SETTINGS_REFUSED");
  if (status === 413) return { outcome: "rejected", reason: "TOO_LARGE_FOR_SOCIOMILE", field: null, traceId };
  if (status === 429) return notExecuted("SOCIOMILE_THROTTLED", secondsUntil(retryAfter));
  return notUnderstood(traceId);
}

/** Reads Retry-After as seconds, from either of its forms (RFC 9110, section 10.2.3); at most MAX_RETRY_AFTER_S. */
function secondsUntil(retryAfter = ""): number | null {
  if (/^\d+$/.test(retryAfter)) return Math.min(Number(retryAfter), MAX_RETRY_AFTER_S);
  const isDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(retryAfter);
  const seconds = isDate ? (Date.parse(retryAfter) - Date.now()) / 1000 : NaN;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(0, Math.ceil(seconds)), MAX_RETRY_AFTER_S);
}
