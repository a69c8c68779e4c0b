import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingHttpHeaders } from "node:http";

/** The caller's trace context, if it is well formed (https://www.w3.org/TR/trace-context/#traceparent-header). */
export function traceParentIn({ traceparent }: IncomingHttpHeaders): string | null {
  return typeof traceparent === "string" &&
    /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
    ? traceparent
    : null;
}

/** Trace context that goes on to Sociomile with the calls of a request. Empty, unless a setting asks for it. */
export const traceParentToSend = new AsyncLocalStorage<string>();
