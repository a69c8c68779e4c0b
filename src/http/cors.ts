import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a browser may remember that it may ask. Seconds. */
const MAX_AGE_S = 600;

/**
 * Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol) for the pages of `origins`; a `*` stands for any
 * port. Sets the headers, and answers a preflight itself: then it returns true.
 */
export function cors(
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return ({ method, headers }, response) => {
    const { origin } = headers;
    if (origin === undefined || !origins.some((allowed) => isSame(origin, allowed))) return false;
    response.setHeader("vary", "Origin");
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", "Retry-After");
    if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return false;
    response.setHeader("access-control-allow-methods", "POST");
    response.setHeader(
      "access-control-allow-headers",
      headers["access-control-request-headers"] ?? "content-type",
    );
    response.setHeader("access-control-max-age", MAX_AGE_S);
    // A page of the internet that talks to this machine is asked once more by browsers (Private Network Access).
    if (headers["access-control-request-private-network"] === "true") {
      response.setHeader("access-control-allow-private-network", "true");
    }
    response.writeHead(204).end();
    return true;
  };
}

function isSame(origin: string, allowed: string): boolean {
  if (!allowed.endsWith(":*")) return origin === allowed;
  const host = allowed.slice(0, -2);
  return (
    origin === host || (origin.startsWith(`${host}:`) && /^\d{1,5}$/.test(origin.slice(host.length + 1)))
  );
}
