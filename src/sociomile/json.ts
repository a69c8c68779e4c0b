/** Reads the vendor's JSON: tolerant in form only (quirk 7), and exact in numbers (quirk 8). */

/** The value in `bytes`, or undefined when they are not JSON. Whole numbers that a double would round come as text. */
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

function parseExactly(text: string): unknown {
  // A reviver costs ten times the parse, so it runs only where a number is long enough to be rounded.
  return /\d{16}/.test(text)
    ? JSON.parse(text, (_, value, { source }) =>
        typeof value === "number" &&
        source !== undefined &&
        /^-?\d+$/.test(source) &&
        !Number.isSafeInteger(value)
          ? source
          : value,
      )
    : JSON.parse(text);
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
