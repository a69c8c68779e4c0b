/** Pages of a development service, and pages of other origins that call it. In production no browser has the credential. */
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import { answer, refuse } from "./message.ts";

/** Another page must not show these in a frame: a click there could open a ticket. */
const HTML = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "frame-ancestors 'none'",
};
/** Every browser accepts it. */
const ZIPPED = { "content-encoding": "gzip" };

/** Serves `GET /` and `GET /explorer`, and answers preflights. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** Returns the function that serves the pages. Pages of `origins` may call; a `*` at the end of one stands for any port. */
export function pages(explorer: () => Promise<Buffer>, origins: readonly string[]): ServePages {
  let explorerPage: Promise<Buffer> | undefined;
  const isListed = (origin: string) =>
    !origin.includes("*") &&
    [origin, origin.replace(/(?::\d{1,5})?$/, ":*")].some((one) => origins.includes(one));
  const setCorsHeaders = cors({
    origin: (origin = "", done) => done(null, isListed(origin)),
    methods: "POST",
    exposedHeaders: "Retry-After",
    maxAge: 600, // seconds for which a browser may remember the answer to a preflight
  });
  return (path, request, response) => {
    const show = (page: Promise<Buffer>) =>
      page.then(
        (body) => answer(response, 200, body, { ...HTML, ...ZIPPED }),
        () => refuse(response, "NOT_FOUND"),
      );
    if (request.headers.origin !== undefined) setCorsHeaders(request, response, () => {});
    if (response.headersSent) return true; // it was a preflight
    if (request.method !== "GET") return false;
    else if (path === "/") answer(response, 302, "", { ...HTML, location: "/explorer" });
    else if (path === "/explorer") void show((explorerPage ??= explorer()));
    else return false;
    return true;
  };
}
