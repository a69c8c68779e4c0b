/** Reads the vendor's JSON: tolerant in shape only (quirk 7), exact in numbers (quirk 8), without guesses (quirk 10). */
import { parse } from "lossless-json";

/** Parses `text`. Undefined for no JSON, or a key with two values. A number that a double would change becomes text. */
export function parseVendorJson(text: string): unknown {
  return parseExactly(text) ?? parseExactly(withoutTrailingCommas(text));
}

function parseExactly(text: string): unknown {
  try {
    return parse(text, null, exactNumber);
  } catch {
    return undefined; // JSON with trailing commas, or none
  }
}

function exactNumber(source: string): number | string {
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
