/** Pages of a development service, and pages of other origins that call it. In production no browser has the credential. */
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import { renderExplorer } from "./explorer.ts";

/** Another page must not show these in a frame: a click there could open a ticket. */
const HTML = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "frame-ancestors 'none'",
  "cache-control": "no-store",
};
/** Every browser accepts it. */
const ZIPPED = { "content-encoding": "gzip" };

/**
 * Returns the function that serves `GET /` and `GET /explorer`, and answers preflights. False for every other request. Pages of `origins`
 * may call; a `*` at the end of one stands for any port.
 */
export function createPages(origins: readonly string[]) {
  let explorerPage: Promise<Buffer> | undefined;
  const isListed = (origin: string) =>
    !origin.includes("*") && [origin, origin.replace(/(?::\d{1,5})?$/, ":*")].some((one) => origins.includes(one));
  const setCorsHeaders = cors({
    origin: (origin = "", done) => done(null, isListed(origin)),
    methods: "POST",
    exposedHeaders: "Retry-After",
    maxAge: 600, // seconds for which a browser may remember the answer to a preflight
  });
  return (path: string, request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.headers.origin !== undefined) setCorsHeaders(request, response, () => {});
    if (response.headersSent) return true; // it was a preflight
    if (request.method !== "GET") return false;
    else if (path === "/") response.writeHead(302, { ...HTML, location: "/explorer" }).end();
    else if (path === "/explorer")
      void (explorerPage ??= renderExplorer()).then(
        (page) => response.writeHead(200, { ...HTML, ...ZIPPED }).end(page),
        () => response.writeHead(404).end(), // its package is not installed
      );
    else return false;
    return true;
  };
}
