import type { IncomingHttpHeaders } from "node:http";

/** Returns the caller's trace context if it is well formed (https://www.w3.org/TR/trace-context/#traceparent-header) and may be logged. */
export function traceParentIn(
  { traceparent }: IncomingHttpHeaders,
  mayBeLogged: (id: string) => boolean,
): string | null {
  return typeof traceparent === "string" &&
    /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) &&
    mayBeLogged(traceparent)
    ? traceparent
    : null;
}
