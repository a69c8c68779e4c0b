/** The parts of a message that every listener of ours needs: the target of a request, and its answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import Negotiator from "negotiator";
import { ERRORS, type ErrorCode } from "../errors.ts";

/**
 * Reads the target of a request (RFC 9112, section 3.2), in origin-form or absolute-form: the host without its port, in lower
 * case, empty when there is none, and the path without the query. Null without the one Host header that HTTP/1.1 requires, and
 * when there are two.
 */
export function targetOf({ url = "", headersDistinct: { host = [] }, httpVersion }: IncomingMessage) {
  // Of two, Node goes by the first, while a proxy in front may have gone by the last. Only HTTP/1.0 may omit it.
  if (host.length > 1 || (host.length === 0 && httpVersion !== "1.0")) return null;
  const path = url.replace(/\?.*$/s, "");
  const absolute = /^https?:\/\/([^/]*)(.*)$/is.exec(path);
  const authority = absolute?.[1] ?? host[0] ?? "";
  return { host: authority.replace(/:\d*$/, "").toLowerCase(), path: absolute ? absolute[2] || "/" : path };
}

/** Header with the id of a request: in the request, in the answer, and on to the log. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Refuses a request with an answer in the shape of GraphQL errors, with the id of the request if it has one. */
export function refuse(response: ServerResponse, code: ErrorCode, headers: Record<string, string> = {}) {
  const { message, status } = ERRORS[code];
  const extensions = { code, requestId: response.getHeader(REQUEST_ID_HEADER) };
  answer(response, status, JSON.stringify({ errors: [{ message, extensions }] }), headers);
}

/** Sends an answer. Does nothing when the caller has closed the connection. */
export function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...headers,
  });
  response.write(body, () => response.end()); // Node treats an ended answer as sent, and a stop would cut it
}

/** Media types of an answer, the default first (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types). */
const MEDIA_TYPES = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];

/** Chooses the media type of an answer by the `Accept` header (RFC 9110, section 12.5.1); null when the caller accepts none. */
export const negotiateMediaType = (accept = "*/*"): string | null =>
  new Negotiator({ headers: { accept } }).mediaType(MEDIA_TYPES) ?? null;
