/**
 * Decides which of the four outcomes an answer of Sociomile's is. The client and the rehearsal call it; README.md beside this file lists the quirks. It
 * never guesses, and does no I/O.
 */
import type { Outcome, AcceptedTicket } from "../tickets/outcome.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { WireAnswer } from "./exchange.ts";
import { type JsonObject, isObject, oneObject, parseVendorJson } from "./json.ts";
import { notExecuted, notUnderstood } from "./outcomes.ts";
import { KNOWN, matched } from "./refusals.ts";
import { type Reading, fromTitles } from "./translate.ts";
import { messageIn, plain } from "./words.ts";

/** Keys that the vendor writes in any case (quirk 7). */
const FLAGS = /^(?:success|status|type|code|data)$/i;

/** Signs that a ticket may exist: a positive flag, its id or number. They are searched in the text, where nothing cut short, nested or doubled hides them. */
const SIGNS_OF_A_TICKET =
  /"(?:success|status)"\s*:\s*"*(?:true|1\b)|"ticket_?(?:id|number)"\s*:\s*(?:"[^"]|""+[^\s",}\]]|[\d{[])/i;
/** A sign of success that only an answer beside a taught refusal may have. */
const POSITIVE_CODE = /"code"\s*:\s*"*200\b/i;
/** Form of Sociomile's ids. */
const IDS = /"[0-9a-f]{24}"/gi;

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
  const shown = withoutEscapes(text);
  if (SIGNS_OF_A_TICKET.test(shown)) return notUnderstood(traceId);
  const message = messageIn(text, body);
  const isPositive = POSITIVE_CODE.test(shown);
  if (!isPositive && body && isError(body) && typeof message === "string" && message === body["message"]) {
    const known = matched(KNOWN, request.operation, { status: wire.status, message });
    if (known) return rejected(known.field, traceId);
  }
  const taught =
    message && !holdsNewId(request, wire, shown) ? taughtBy(message, request, wire, reading) : null;
  if (taught?.refusal.means === "REJECTED") return rejected(taught.field, traceId);
  if (taught) return notExecuted("SOCIOMILE_SETTINGS_REFUSED");
  return isPositive ? notUnderstood(traceId) : outcomeByStatus(wire, traceId);
}

function taughtBy(message: string, { operation }: TicketRequest, { status }: WireAnswer, reading: Reading) {
  const taught = matched(reading.refusals ?? [], operation, { status, message });
  if (taught) reading.taught?.(taught.refusal.id);
  return taught;
}

/** True when a create is answered with 2xx and an id that it did not send: it may be the ticket's, whatever its name. */
function holdsNewId({ operation, details }: TicketRequest, { status }: WireAnswer, text: string): boolean {
  if (!OPERATIONS[operation].isCreate || status < 200 || status > 299) return false;
  const sent = new Set(Object.values(details).map(String));
  return (text.match(IDS) ?? []).some((id) => !sent.has(id.slice(1, -1)));
}

/** Reads the sentence of an answer, for operators. Null: it has none, or its body cannot be read. */
export function sentenceOf({ body: bytes }: WireAnswer): string | null {
  const text = bytes && textOf(bytes);
  if (text === null) return null;
  const parsed = parseVendorJson(text);
  return messageIn(text, isObject(parsed) ? parsed : null);
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
  return secrets.some((secret) => told.includes(plain(secret)));
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

/** The vendor refuses before it does anything (quirk 3). */
function rejected(field: string | null, traceId: string | null): Outcome {
  return { outcome: "rejected", reason: "REFUSED_BY_SOCIOMILE", field, traceId };
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
