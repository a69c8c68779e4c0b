import type { ServerResponse } from "node:http";
import { ERRORS, type ErrorCode } from "../errors.ts";

/** Refuses a whole request, in the shape of a GraphQL answer. */
export function refuse(
  response: ServerResponse,
  code: ErrorCode,
  headers: Record<string, string> = {},
): void {
  const { message, status } = ERRORS[code];
  answer(response, status, JSON.stringify({ errors: [{ message, extensions: { code } }] }), headers);
}

/** Sends a whole answer. Does nothing when the caller has gone. */
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
