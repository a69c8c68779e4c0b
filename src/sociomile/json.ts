/** Reads the vendor's JSON: tolerant in form only (quirk 7), exact in numbers (quirk 8), and never by guess (quirk 10). */
import { parse } from "lossless-json";

/**
 * The value in `bytes`, or undefined when they are not JSON, or hold a key twice with different values. Numbers that a
 * double would change come as text.
 */
export function parseVendorJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a BOM
    try {
      return parseExactly(text);
    } catch {
      return parseExactly(withoutTrailingCommas(text));
    }
  } catch {
    return undefined;
  }
}

/** Throws on a key with two values, of which JSON.parse silently takes the last. */
function parseExactly(text: string): unknown {
  return parse(text, null, exactNumber);
}

function exactNumber(source: string): number | string {
  const number = Number(source);
  return String(number) === source.replace(/\.0+$/, "") ? number : source;
}

/**
 * Without commas before `}` or `]`; commas inside strings stay. A string that never ends counts to the end of the text, so
 * that the pattern never has to go back.
 */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])/gs, (match) => (match === "," ? "" : match));
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object, also when it comes as an array of one. */
export function oneObject(value: unknown): JsonObject | null {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return isObject(one) ? one : null;
}
