import type { IncomingMessage } from "node:http";
import type { ErrorCode } from "../errors.ts";

/** The largest request body that is read, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

/** The JSON object that was posted, or the code of the refusal. Never rejects. */
export async function readJson(
  request: IncomingMessage,
): Promise<{ json: object; refused?: never } | { refused: ErrorCode }> {
  if (!isJsonInUtf8(request.headers["content-type"])) return { refused: "UNSUPPORTED_MEDIA_TYPE" };
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES)
    return { refused: "PAYLOAD_TOO_LARGE" };
  const bytes = await readBytes(request);
  if (bytes === null) return { refused: "PAYLOAD_TOO_LARGE" };
  try {
    const json: unknown = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (Array.isArray(json)) return { refused: "BATCHING_NOT_SUPPORTED" };
    return typeof json === "object" && json !== null ? { json } : { refused: "BAD_REQUEST" };
  } catch {
    return { refused: "BAD_REQUEST" };
  }
}

/** JSON is UTF-8 (RFC 8259, section 8.1), so another charset is no JSON. */
function isJsonInUtf8(contentType = ""): boolean {
  return /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType);
}

/** The whole body; null when it is too large or the caller goes. */
function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else resolve(null);
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on("close", () => resolve(null));
    request.on("error", () => resolve(null));
  });
}

/**
 * JSON.parse, but a number with decimals that only rounding made whole becomes NaN, so that the scalars refuse it as they
 * refuse every number that is not exact: 999999999999999.01 is parsed as 999999999999999.
 */
function parseJson(text: string): unknown {
  // Only bodies that may hold such a number pay for the reviver.
  if (!/[[:,]\s*-?\d+(?:\.\d|[eE])/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === "number" && Number.isInteger(value) && source !== undefined && !isWhole(source)
      ? NaN
      : value,
  );
}

/** Whether a JSON number has no decimals but zeros. One with an exponent is taken for whole when it says so itself. */
function isWhole(source: string): boolean {
  return /^-?\d+(?:\.0+)?$/.test(source);
}
