import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { mayHoldCardNumber } from "../telemetry/card-number.ts";

/** Header with the id of a request: in the request, in the answer, and on to the log. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Returns the caller's id of a request if it is well formed and can hold no card number, and a new one otherwise. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const sent = headers[REQUEST_ID_HEADER];
  const isKept = typeof sent === "string" && /^(?!\d+$)[\w-]{8,64}$/.test(sent) && !mayHoldCardNumber(sent);
  return isKept ? sent : randomUUID();
}
