/** Pages of other origins that call a service in development. In production no browser does: it would need the router's credential. */
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import { refuse } from "./message.ts";

/**
 * Returns the function that sets the headers of a cross-origin request (https://fetch.spec.whatwg.org/#http-cors-protocol). True: the request was a
 * preflight, and has been answered. A `*` in an origin stands for any port.
 */
export function corsFor(origins: readonly string[]) {
  // `maxAge`: seconds for which a browser may remember the answer to a preflight.
  const setCorsHeaders = cors({ origin: true, methods: "POST", exposedHeaders: "Retry-After", maxAge: 600 });
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { origin } = request.headers;
    if (origin === undefined) return false;
    const atAnyPort = origin.replace(/(?::\d{1,5})?$/, ":*");
    const isListed = origins.some((allowed) => allowed === origin || allowed === atAnyPort);
    if (!isListed || origin.includes("*")) {
      if (request.method === "OPTIONS") refuse(response, "ORIGIN_NOT_ALLOWED");
    } else {
      // Browsers send this header before a page of the internet may call a private address (https://wicg.github.io/private-network-access/).
      if (request.headers["access-control-request-private-network"] === "true")
        response.setHeader("access-control-allow-private-network", "true");
      setCorsHeaders(request, response, () => {});
    }
    return response.writableEnded || response.headersSent;
  };
}
