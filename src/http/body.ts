import { isAscii } from "node:buffer";
import { IncomingMessage, type RequestListener } from "node:http";
import { MIMEType } from "node:util";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { ErrorCode } from "../errors.ts";
import type { RequestLoad } from "../request-load.ts";

/** Largest request body, inflated, in bytes. The largest helpdesk ticket fits even with two `\u` escapes for each character. */
export const MAX_BODY_BYTES = 768 * 1024;

/** Most pieces in which a body may arrive. Each costs time, even with one byte. */
export const MAX_PIECES = 8192;

export const MAX_BATCH = 10;

/** Most fields of an object in a body, and values in all of it: several times as many as any input and list of references has. */
export const MAX_INPUT_FIELDS = 100;
export const MAX_VALUES = 10_000;
/** Memory of a value, beside its text. Bytes. */
const BYTES_A_VALUE = 64;

/** A GraphQL request (https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters). */
export interface GraphQLRequest {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
}

const GATHERED_BYTES = 4096;

/** A request that joins the small pieces of its body while they arrive: single ones would need a hundred times their length. */
export class GatheredRequest extends IncomingMessage {
  /** Pieces in which the body has arrived. */
  pieces = 0;
  /** True once the router's credential was found in it. */
  isProven = false;
  #gathered: Buffer | null = null;
  #size = 0;

  /** Called by Node for each piece, and with null at the end. The first one goes through: most bodies arrive whole. */
  override push(piece: Buffer | null): boolean {
    if (piece !== null && this.pieces++ > 0 && piece.length < GATHERED_BYTES - this.#size) {
      this.#gathered ??= Buffer.allocUnsafe(GATHERED_BYTES);
      this.#size += piece.copy(this.#gathered, this.#size);
      return true;
    }
    if (this.#gathered) super.push(this.#gathered.subarray(0, this.#size));
    [this.#gathered, this.#size] = [null, 0];
    return super.push(piece);
  }
}

export type Listener = RequestListener<typeof GatheredRequest>;

/** True when the `Content-Type` header says JSON in UTF-8, the only charset of JSON (RFC 8259, section 8.1). */
function isJson(contentType = ""): boolean {
  try {
    const { essence, params } = new MIMEType(contentType);
    return essence === "application/json" && (params.get("charset") ?? "utf-8").toLowerCase() === "utf-8";
  } catch {
    return false;
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** Reads the GraphQL request, or the list of requests, from a body; or returns the code of the refusal. Never rejects. */
export async function readRequest(
  request: GatheredRequest,
  load: Pick<RequestLoad, "hold">,
): Promise<GraphQLRequest | GraphQLRequest[] | ErrorCode> {
  const { headers } = request;
  const coding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  const isPlain = coding === "identity";
  if (!isJson(headers["content-type"]) || !(isPlain || isCoding(coding))) return "UNSUPPORTED_MEDIA_TYPE";
  if (Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES) return "PAYLOAD_TOO_LARGE";
  try {
    const received = await readBytes(request, load);
    if (typeof received === "string") return received;
    const bytes = isPlain ? received : inflate(received, coding, MAX_BODY_BYTES);
    if (!bytes) return "PAYLOAD_TOO_LARGE";
    const isPlainText = isAscii(bytes);
    const isShort = isPlainText && !bytes.includes("\\u"); // V8 keeps other text in two bytes a character
    const more = Math.max(0, bytes.length * (isShort ? 1 : 2) - received.length);
    if (!load.hold(more)) return "OVERLOADED";
    const json = parseJson(isPlainText ? bytes.toString("latin1") : UTF_8.decode(bytes));
    const values = valuesIn(json);
    if (values > MAX_VALUES) return "BAD_USER_INPUT";
    if (!load.hold(values * BYTES_A_VALUE)) return "OVERLOADED";
    return Array.isArray(json) ? wellFormedList(json) : wellFormed(json);
  } catch {
    return "BAD_REQUEST";
  }
}

function wellFormedList(list: readonly unknown[]): GraphQLRequest[] | ErrorCode {
  if (list.length === 0 || list.length > MAX_BATCH) return "BATCHING_NOT_SUPPORTED";
  const read = list.map(wellFormed);
  return read.find((each) => typeof each === "string") ?? (read as GraphQLRequest[]);
}

function wellFormed(json: unknown): GraphQLRequest | ErrorCode {
  if (!isRecord(json)) return "BAD_REQUEST";
  const { query, operationName, variables, extensions } = json;
  // Persisted queries are off. Clients send the whole query when they see this code.
  if (isRecord(extensions) && "persistedQuery" in extensions) return "PERSISTED_QUERY_NOT_SUPPORTED";
  const fits =
    typeof query === "string" &&
    query !== "" &&
    (operationName == null || typeof operationName === "string") &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || isRecord(extensions));
  if (!fits) return "BAD_REQUEST";
  return { query, ...(operationName != null && { operationName }), ...(variables != null && { variables }) };
}

/** Counts the values in a body. Infinity for too many values, or fields of an object: graphql-js reads all several times. */
function valuesIn(body: unknown): number {
  const found = [body];
  for (const value of found) {
    if (typeof value !== "object" || value === null) continue;
    const values: unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (values.length > (isRecord(value) ? MAX_INPUT_FIELDS : MAX_VALUES - found.length)) return Infinity;
    found.push(...values);
  }
  return found.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the whole body, which counts while it arrives; or returns the code of the refusal. */
function readBytes(request: GatheredRequest, load: Pick<RequestLoad, "hold">): Promise<Buffer | ErrorCode> {
  const { promise, resolve } = Promise.withResolvers<Buffer | ErrorCode>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY_BYTES || request.pieces > MAX_PIECES) refuse("PAYLOAD_TOO_LARGE");
    else if (!load.hold(chunk.length)) refuse("OVERLOADED");
  };
  const refuse = (code: ErrorCode) => {
    request.off("data", take).resume(); // a caller that still sends could not read the answer
    resolve(code);
  };
  const closed = () => resolve("BAD_REQUEST"); // nobody is there to read it
  request.on("data", take).on("error", closed).on("close", closed);
  request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  if (request.destroyed) closed();
  return promise;
}

/** Texts and what stands between them, which are skipped; and numbers that JSON.parse may change, without their minus. */
const TEXTS_OR_INEXACT =
  /(?:"(?:[^"\\]+|\\.)*"?[^"\d]*)+|(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)|(?<=-)0(?![\d.eE])|[1-9]\d{15,}/gs;

/** Finds each of these numbers, and texts that seem to have one. A number follows white space, a bracket, a colon or a comma. */
const MAY_BE_INEXACT = /[\s[:,]-?(?:(?<=-)0|\d{16}|\d+[.eE])/;

/**
 * Parses JSON with an infinite number for each that is not exact as it is written: with decimals or an exponent, beyond 2^53 - 1,
 * or -0. JSON.parse alone reads 200.000 as 200. Every scalar refuses infinite numbers. A reviver is too slow for many decimals.
 */
function parseJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return JSON.parse(text);
  const exact = text.replaceAll(TEXTS_OR_INEXACT, (match) => {
    const isExact = match.startsWith('"') || (!/^0|[.eE]/.test(match) && Number.isSafeInteger(Number(match)));
    return isExact ? match : "1e999";
  });
  return JSON.parse(exact);
}

/** Largest ratio of a body to its compressed form. Requests stay far below it, and bombs do not. */
export const MAX_RATIO = 100;

/** Content codings of bodies that are read (RFC 9110, section 8.4.1). */
const CODINGS = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
type Coding = keyof typeof CODINGS;

/** Value of `Accept-Encoding` in the refusal of another coding (RFC 9110, section 12.5.3). */
export const ACCEPTED_CODINGS = Object.keys(CODINGS).join(", ");

function isCoding(name: string): name is Coding {
  return Object.hasOwn(CODINGS, name);
}

// At once, because a decoder of brotli may need 16 MiB while it works.
/** Inflates a body. Null: it exceeds `mostBytes`, or its compressed form by more than the ratio. Throws when it is malformed. */
function inflate(bytes: Buffer, coding: Coding, mostBytes: number): Buffer | null {
  const decode = coding === "deflate" && !hasZlibHeader(bytes) ? inflateRawSync : CODINGS[coding];
  try {
    return decode(bytes, { maxOutputLength: Math.min(mostBytes, bytes.length * MAX_RATIO) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

/** Recognises the header of the zlib format (RFC 1950). Apollo Router sends `deflate` without it. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
