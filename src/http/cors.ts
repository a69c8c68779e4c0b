import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";

/** Sets the headers of a cross-origin request. True: the request was a preflight and has been answered. */
export type AnswerPreflight = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Allows cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol) from pages of `origins`. A `*` stands for any port. */
export function crossOrigin(origins: readonly string[]): AnswerPreflight {
  // `maxAge`: seconds for which a browser may remember the answer to a preflight.
  const setHeaders = cors({ origin: true, methods: "POST", exposedHeaders: "Retry-After", maxAge: 600 });
  return (request, response) => {
    const { origin } = request.headers;
    const atAnyPort = origin?.replace(/(?::\d{1,5})?$/, ":*");
    const isListed = origins.some((allowed) => allowed === origin || allowed === atAnyPort);
    if (!isListed || origin!.includes("*")) return false;
    // Browsers send this header before a page of the internet may call a private address (https://wicg.github.io/private-network-access/).
    if (request.headers["access-control-request-private-network"] === "true")
      response.setHeader("access-control-allow-private-network", "true");
    setHeaders(request, response, () => {});
    return response.writableEnded;
  };
}
