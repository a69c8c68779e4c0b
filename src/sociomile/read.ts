/** Decides which of the four outcomes an answer is. It never guesses, and does no I/O. README.md lists the quirks. */
import type { AcceptedTicket, NotExecuted, NotExecutedReason, Outcome } from "../tickets/submission.ts";
import { OPERATIONS, type TicketRequest } from "../tickets/request.ts";
import { ticketIdOf } from "../tickets/ticket.ts";
import type { Observe } from "../telemetry/events.ts";
import type { Exchange, WireAnswer } from "./exchange.ts";
import { type JsonObject, detailsIn, oneObject, plain, readBody } from "./translate.ts";
import { KNOWN, type Refusal, refusalIn } from "./refusals.ts";
import { messageIn } from "./words.ts";

/** Keys that the vendor writes in any case (quirk 7). */
const FLAGS = /^(?:success|status|type|code|data)$/i;

/** Signs that a ticket may exist: a positive flag, its id or number. The text is searched, whole or cut short. */
const SIGNS_OF_A_TICKET =
  /"(?:success|status)"\s*:\s*"*(?:true|1\b)|"ticket_?(?:id|number)"\s*:\s*(?:"[^"]|""+[^\s",}\]]|[\d{[])/i;
/** A sign of success that only an answer beside a known refusal may have. */
const POSITIVE_CODE = /"code"\s*:\s*"*200\b/i;
/** Form of Sociomile's ids. */
const IDS = /"[0-9a-f]{24}"/gi;

/** Longest wait that callers see, in seconds. A date far in the future would not fit GraphQL's Int. */
const MAX_RETRY_AFTER_S = 3600;

/** Settings for the reading of answers, and their observer. */
interface Reading {
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** Refusals that operators have known. */
  refusals: () => readonly Refusal[];
  /** Gets parts of answers that differ from the contract, and known refusals. */
  observe: Observe;
}

const NEVER_STARTED = {
  connection: "SOCIOMILE_UNREACHABLE",
  deadline: "SOCIOMILE_UNREACHABLE",
  certificate: "SOCIOMILE_CERTIFICATE_INVALID",
  proxy: "SOCIOMILE_SETTINGS_REFUSED",
  late: "NOT_SENT_IN_TIME",
} as const satisfies Record<string, NotExecutedReason>;

/** Reads the end of an exchange as an outcome. `secrets`: an answer that contains one of them is not understood. */
export function outcomeOf(
  exchange: Exchange,
  request: TicketRequest,
  secrets: readonly string[],
  reading: Reading,
): Outcome {
  if (exchange.ended === "failed") return failure(exchange);
  const outcome = readAnswer(request, exchange.answer, reading);
  if (!holdsSecret(outcome, secrets)) return outcome;
  reading.observe("sociomile.secret_echoed", { operation: request.operation });
  return notUnderstood();
}

/** Returns the outcome of an exchange that ended without an answer. */
export function failure({ started, cause }: Extract<Exchange, { ended: "failed" }>): Outcome {
  if (!started) return notExecuted(NEVER_STARTED[cause]);
  const reason = cause === "deadline" ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST";
  return { outcome: "unknown", reason, traceId: null };
}

export function notExecuted(reason: NotExecutedReason, retryAfterSeconds: number | null = null): NotExecuted {
  return { outcome: "notExecuted", reason, retryAfterSeconds };
}

/** Returns the outcome of an answer that may stand for anything. */
export function notUnderstood(traceId: string | null = null): Outcome {
  return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId };
}

/** Reads an answer. The body decides, else the HTTP status (quirk 9), else it is unknown, because a ticket may exist. */
export function readAnswer(request: TicketRequest, wire: WireAnswer, reading: Reading): Outcome {
  const { text, json } = readBody(wire.body);
  if (text === null) return notUnderstood();
  const body = json && lowerCased(json, FLAGS);
  const ticket = body && isAccepted(request, body) ? acceptedTicket(request, body, reading) : null;
  if (ticket) return { outcome: "accepted", ticket };
  const traceId = traceIdOf(body);
  const shown = withoutEscapes(text);
  if (SIGNS_OF_A_TICKET.test(shown)) return notUnderstood(traceId);
  const answer = { status: wire.status, message: messageIn(text, body) ?? "" };
  const isPositive = POSITIVE_CODE.test(shown);
  const isDocumented = !isPositive && body !== null && isError(body) && answer.message === body["message"];
  const documented = isDocumented ? refusalIn(KNOWN, request.operation, answer) : null;
  if (documented) return rejected(documented.field, traceId);
  const known = refusalIn(reading.refusals(), request.operation, answer);
  if (known && !holdsNewId(request, wire, shown)) {
    reading.observe("sociomile.refusal_known", { id: known.refusal.id });
    const isRefusal = known.refusal.means === "REJECTED";
    return isRefusal ? rejected(known.field, traceId) : notExecuted("SOCIOMILE_SETTINGS_REFUSED");
  }
  return isPositive ? notUnderstood(traceId) : outcomeByStatus(wire, traceId, isDocumented);
}

/** True when a create is answered with 2xx and an id that it did not send: it may be the ticket's, whatever its name. */
function holdsNewId({ operation, details }: TicketRequest, { status }: WireAnswer, text: string): boolean {
  if (!OPERATIONS[operation].isCreate || status < 200 || status > 299) return false;
  const sent = new Set(Object.values(details).map(String));
  return (text.match(IDS) ?? []).some((id) => !sent.has(id.slice(1, -1)));
}

/** True when a text of the vendor's in an outcome contains one of these secrets, also within an address. */
function holdsSecret(outcome: Outcome, secrets: readonly string[]): boolean {
  const traceId = "traceId" in outcome ? outcome.traceId : null;
  const { details, ...ticket } = outcome.outcome === "accepted" ? outcome.ticket : { details: null };
  const texts = plain([traceId, ...Object.values(ticket), ...Object.values(details ?? {})]);
  return secrets.some((secret) => texts.includes(plain(secret)));
}

/** Replaces the escapes of JSON, also of JSON in a text of JSON, which could hide a sign of success. */
function withoutEscapes(json: string): string {
  const unescaped = json.replace(/\\{1,8}u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
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
      // Another id: the answer to another request.
      if (typeof ticketId !== "string" || ticketIdOf(ticketId) !== request.details.ticketId) return null;
      const ticket = lowerCased(oneObject(body["ticket"]) ?? {}, /^data$/i) ?? {};
      const titled = oneObject(ticket["data"]) ?? ticket;
      const details = detailsIn(titled, ticket["is_escalation"], reading);
      return { id: request.details.ticketId, number: null, details };
    }
  }
}

/** Form of an id: it stands in addresses and pages, so it has no path or markup. Punctuation alone names no ticket. */
const USABLE_ID = /^(?!(?:\W|_)+$|(?:null|undefined|false|0)$)[\w.:-]{1,255}$/i;

/** Reads the created ticket. Null without a usable id: nobody could find it. */
function createdTicket(data: JsonObject): AcceptedTicket | null {
  const id = data["ticketId"];
  if (typeof id !== "string" || !USABLE_ID.test(id)) return null;
  return { id: ticketIdOf(id), number: digitsOf(data["ticket_number"]), details: null };
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

/** HTTP statuses that no retry cures, in Sociomile's own form. Otherwise a filter may have answered after the request passed. */
const REFUSALS = new Set([401, 403, 404, 405, 415]);
/** HTTP status of a proxy on Sociomile's side, before it sends anything further. */
const PROXY_REFUSAL = 407;

/** `isDocumented`: the answer is an error in the form of Sociomile's document. */
function outcomeByStatus({ status, retryAfter }: WireAnswer, traceId: string | null, isDocumented: boolean): Outcome {
  if (status === PROXY_REFUSAL || (REFUSALS.has(status) && isDocumented))
    return notExecuted("SOCIOMILE_SETTINGS_REFUSED");
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
