import type { IncomingMessage } from "node:http";
import { MIMEType } from "node:util";
import type { ErrorCode } from "../errors.ts";

/** Largest request body that is read. Bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

/** A GraphQL request (https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters). */
export interface GraphQLRequest {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** Reads the GraphQL request from a body, or gives the code of the refusal. Never rejects. */
export async function readRequest(
  request: IncomingMessage,
): Promise<{ posted: GraphQLRequest; refused?: never } | { refused: ErrorCode }> {
  if (!isPlainJson(request)) return { refused: "UNSUPPORTED_MEDIA_TYPE" };
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES)
    return { refused: "PAYLOAD_TOO_LARGE" };
  const bytes = await readBytes(request);
  if (bytes === null) return { refused: "PAYLOAD_TOO_LARGE" };
  try {
    const json = parseJson(UTF_8.decode(bytes));
    if (Array.isArray(json)) return { refused: "BATCHING_NOT_SUPPORTED" };
    return isRecord(json) ? wellFormed(json) : { refused: "BAD_REQUEST" };
  } catch {
    return { refused: "BAD_REQUEST" };
  }
}

function wellFormed({
  query,
  operationName,
  variables,
  extensions,
}: Record<string, unknown>): { posted: GraphQLRequest } | { refused: ErrorCode } {
  // Persisted queries are off. Clients send the whole query when they see this code.
  if (isRecord(extensions) && "persistedQuery" in extensions)
    return { refused: "PERSISTED_QUERY_NOT_SUPPORTED" };
  const fits =
    typeof query === "string" &&
    query !== "" &&
    (operationName == null || typeof operationName === "string") &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || isRecord(extensions));
  if (!fits) return { refused: "BAD_REQUEST" };
  return {
    posted: {
      query,
      ...(operationName != null && { operationName }),
      ...(variables != null && { variables }),
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Accepts no other charset, because JSON is UTF-8 (RFC 8259, section 8.1), and no compression, whose result has no known size. */
function isPlainJson({ headers }: IncomingMessage): boolean {
  if ((headers["content-encoding"] ?? "identity").toLowerCase() !== "identity") return false;
  try {
    const { essence, params } = new MIMEType(headers["content-type"] ?? "");
    return essence === "application/json" && (params.get("charset") ?? "utf-8").toLowerCase() === "utf-8";
  } catch {
    return false;
  }
}

/** Reads the whole body; null when it is too large or the caller closes the connection. */
function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve(null); // closed while the token was checked: no event follows
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
 * Parses JSON, but makes NaN of a number whose decimals were lost by rounding: JSON.parse reads 999999999999999.01 as
 * 999999999999999. The scalars refuse NaN, as they refuse every number that is not exact.
 */
function parseJson(text: string): unknown {
  // A reviver is slow, so only bodies that may hold such a number get one.
  if (!/[[:,]\s*-?\d+(?:\.\d|[eE])/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === "number" && Number.isInteger(value) && source !== undefined && !isWhole(source)
      ? NaN
      : value,
  );
}

/** True when a JSON number is written without an exponent and has no decimals but zeros. */
function isWhole(source: string): boolean {
  return /^-?\d+(?:\.0+)?$/.test(source);
}
