import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Header with the id of a request: in the request, in the answer, and on to the log. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Returns the caller's id of a request if it is well formed and may be logged, and a new one otherwise. */
export function requestIdOf({ headers }: IncomingMessage, mayBeLogged: (id: string) => boolean): string {
  const sent = headers[REQUEST_ID_HEADER];
  const isKept = typeof sent === "string" && /^(?!\d+$)[\w-]{8,64}$/.test(sent) && mayBeLogged(sent);
  return isKept ? sent : randomUUID();
}
