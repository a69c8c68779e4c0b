/** The vendor's words in an answer, for operators: without what must not be kept. Pure, no I/O. */
import type { VendorAnswer } from "../tickets/submission.ts";
import { maskCardNumbers } from "../tickets/fields/card-number.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { WireAnswer } from "./exchange.ts";
import { type JsonObject, isObject, plain, readBody } from "./translate.ts";

/** Longest message that is kept, in characters, and the part of one that is looked at. */
const MAX_KEPT = 500;
const MAX_READ = 4000;
/** Lists and objects within each other in which a message is looked for. */
const DEEPEST = 10;
/** Stands for what is not kept, as in the sentence of a known refusal. */
const MASK = "{…}";
/** Length of the pieces by which a part of a submitted value is found. Shorter values are found as whole words. */
const PIECE = 8;
/** Fewest digits by which a submitted number is found, whatever stands between them. */
const MIN_DIGITS = 4;

/** Keys under which vendors say what is wrong. All other texts of an answer may be a customer's. */
const SAYING = /^(?:messages?|msg|errors?|error_?(?:message|description)|detail|reason|pesan|title)$/i;
const MESSAGE_IN_BROKEN_JSON = /"(?:message|msg|error|pesan)"\s*:\s*"((?:[^"\\]|\\.)*)/i;

/** Returns the sentence of an answer. Null: it has none. `body`: the answer as JSON; null: it is not JSON. */
export function messageIn(text: string, body: JsonObject | null): string | null {
  if (body !== null) {
    if (typeof body["message"] === "string") return body["message"];
    const said = Object.entries(body).filter(([key]) => SAYING.test(key));
    return said.map(([, value]) => firstText(value)).find((value) => value !== null) ?? null;
  }
  if (/^\s*[[{]/.test(text)) return MESSAGE_IN_BROKEN_JSON.exec(text)?.[1] ?? null;
  const page = text.slice(0, 4 * MAX_READ);
  const [, title] = /<title[^<>]*>([^<]*)/i.exec(page) ?? [];
  const shown = title ?? page.replaceAll(/<(script|style)\b(?:(?!<\1\b).)*?<\/\1>|<[^<>]*>/gis, " ");
  return shown.trim().replaceAll(/\s+/g, " ") || null;
}

/** Returns the first text in a value. Text that lies deeper than DEEPEST is not looked for: it could exhaust the stack. */
function firstText(value: unknown, depth = 0): string | null {
  if (typeof value === "string") return value;
  const parts = depth === DEEPEST ? [] : Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  for (const part of parts) {
    const text = firstText(part, depth + 1);
    if (text !== null) return text;
  }
  return null;
}

/** Texts that must not be kept: every value of the request, as it was given and as it was sent, and secrets. */
interface Unkept {
  request: Pick<TicketRequest, "details">;
  sent: string;
  secrets: readonly string[];
}

/** Returns what operators may see of an answer. */
export function keptAnswer({ status, contentType, body }: WireAnswer, unkept: Unkept): VendorAnswer {
  const [, type = null] = /^\s*([\w.+-]{1,64}\/[\w.+-]{1,64})\s*(?:;|$)/.exec(contentType ?? "") ?? [];
  const { text, json } = readBody(body);
  const kept = (shown: string | null) => (shown === null ? null : masked(shown, unkept));
  const message = text === null ? null : kept(messageIn(text, json));
  return { status, contentType: kept(type)?.toLowerCase() ?? null, message };
}

/** Addresses, paths and the lines of a program. A match begins with a word: from each character it would need quadratic time. */
const PATHS =
  /(?<![^\s"'<>(),;])(?:[a-z][a-z0-9+.-]*:\/\/\S+|[^\s"'<>(),;\\/]*(?:[\\/][^\s"'<>(),;\\/]*){2,}|[\\/][\w.-]+|[^\s"'<>(),;\\/]*\.php\b(?:\(\d+\)|:\d+)?|line \d+)/gi;

function masked(text: string, { request, sent, secrets }: Unkept): string | null {
  const spellings = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const start = text.slice(0, MAX_READ);
  const withoutSecrets = spellings.reduce((rest, secret) => rest.replaceAll(secret, MASK), start);
  const withoutPaths = withoutBreaks(withoutSecrets.toWellFormed()).replaceAll(PATHS, MASK);
  const { ticketType: _ours, ...wire } = JSON.parse(sent) as Record<string, unknown>;
  const submitted = [...Object.values(request.details), ...Object.values(wire)]
    .map((value) => withoutBreaks(String(value)))
    .filter((value) => value !== "");
  const kept = maskCardNumbers(withoutNumbers(withoutValues(withoutPaths, submitted), submitted));
  if (secrets.some((secret) => plain(kept).includes(plain(secret)))) return null;
  const shown = Array.from(kept.replaceAll(/\{…\}(?:\s*\{…\})+/g, MASK));
  return shown.slice(0, MAX_KEPT).join("");
}

function withoutBreaks(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** Masks each value, and each part of one that is as long as a piece, so that a value that the vendor has cut is found. */
function withoutValues(text: string, values: readonly string[]): string {
  const shown = lower(text);
  const isUnkept = new Uint8Array(text.length);
  const pieces = new Set<string>();
  for (const value of values.map(lower)) {
    for (let at = 0; at + PIECE <= value.length; at++) pieces.add(value.slice(at, at + PIECE));
    if (value.length >= PIECE) continue;
    const word = new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(value)}(?![\\p{L}\\p{N}])`, "gu");
    for (const { index } of shown.matchAll(word)) isUnkept.fill(1, index, index + value.length);
  }
  for (let at = 0; at < text.length; at++)
    if (pieces.has(shown.slice(at, at + PIECE))) isUnkept.fill(1, at, at + PIECE);
  let kept = "";
  for (let at = 0; at < text.length; at++) kept += isUnkept[at] === 0 ? text[at] : isUnkept[at - 1] ? "" : MASK;
  return kept;
}

/** Masks numbers that were submitted, however they are grouped. */
function withoutNumbers(text: string, values: readonly string[]): string {
  const submitted = values.map(digitsIn).filter(({ length }) => length >= MIN_DIGITS);
  return text.replaceAll(/\d(?:[ .,-]?\d){3,}/g, (run) => {
    const digits = digitsIn(run);
    return submitted.some((value) => digits.includes(value) || value.includes(digits)) ? MASK : run;
  });
}

const digitsIn = (text: string) => text.replaceAll(/\D/g, "").replace(/^0+/, "");

/** Lower case of the same length, so that positions stay. */
function lower(text: string): string {
  const lowered = text.toLowerCase();
  return lowered.length === text.length ? lowered : text;
}
