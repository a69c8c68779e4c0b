import type { ServerResponse } from "node:http";
import { ERRORS, type ErrorCode } from "../errors.ts";

/** Refuses a request with an answer in the shape of GraphQL errors. */
export function refuse(
  response: ServerResponse,
  code: ErrorCode,
  headers: Record<string, string> = {},
): void {
  const { message, status } = ERRORS[code];
  answer(response, status, JSON.stringify({ errors: [{ message, extensions: { code } }] }), headers);
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
  response.end(body);
}
