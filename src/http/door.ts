import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ErrorCode } from "../errors.ts";
import type { Observe } from "../observe/events.ts";
import { type GraphQLRequest, MAX_BODY_BYTES, readRequest } from "./body.ts";
import { InFlight } from "./in-flight.ts";
import { type Health, serveHealth } from "./management.ts";
import { negotiateMediaType } from "./media-type.ts";
import type { ServePages } from "./pages.ts";
import { answer, refuse } from "./refuse.ts";

/** Where a request comes from. */
export interface Origin<Caller> {
  requestId: string;
  headers: IncomingHttpHeaders;
  /** Null: nobody that is known. */
  caller: Caller | null;
}

/** Runs one GraphQL request. Gives the HTTP status and the JSON text of the answer. */
export type Execute<Caller> = (
  request: GraphQLRequest,
  origin: Origin<Caller>,
) => Promise<{ status: number; body: string }>;

export interface Door<Caller extends { clientId: string }> {
  execute: Execute<Caller>;
  /** Who calls, by the `Authorization` header. */
  identify: (authorization: string | undefined) => Promise<Caller | null>;
  /** Whether a `Router-Authorization` header is the router's. */
  isRouter: (credential: string | undefined) => boolean;
  maxInFlight: number;
  health: Health;
  /** Answers preflights, and lets the pages of allowed origins read what is answered. */
  isPreflight: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Development's pages; null in production. Their explorer posts to the address of the page. */
  servePages: ServePages | null;
}

/** By which a request is known in the log; one that comes with the request is kept when it looks like one, and not like a card number. */
const REQUEST_ID_HEADER = "x-request-id";

/** How long a caller should wait who came when too many were here, in seconds. */
const COME_AGAIN = { "retry-after": "1" };

/** The public door: GraphQL at /graphql, health beside it. What is refused is refused before the body is read. */
export function door<Caller extends { clientId: string }>(
  { execute, identify, isRouter, maxInFlight, health, isPreflight, servePages }: Door<Caller>,
  observe: Observe,
): {
  listener: RequestListener;
  /** Requests that are being worked on, also those whose callers have gone. */ inFlight: InFlight;
} {
  const inFlight = new InFlight(maxInFlight);

  const listener: RequestListener = (request, response) => {
    const path = request.url?.replace(/\?.*$/s, "") ?? "";
    if (isPreflight(request, response) || servePages?.(path, request, response)) return;
    if (path === "/graphql" || (servePages && path === "/")) void admit(request, response);
    else if (!serveHealth(path, response, health)) turnAway(response, "NOT_FOUND");
  };
  return { listener, inFlight };

  async function admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isRouter(header(request, "router-authorization")))
      return turnAway(response, "ROUTER_CREDENTIAL_REFUSED");
    if (request.method !== "POST") return turnAway(response, "METHOD_NOT_ALLOWED", { allow: "POST" });
    if (!inFlight.enter()) return turnAway(response, "OVERLOADED", COME_AGAIN);
    try {
      await serveFor(await identify(request.headers.authorization), request, response);
    } catch (error) {
      observe("graphql.internal_error", {
        error: error instanceof Error ? error.constructor.name : typeof error,
      });
      turnAway(response, "INTERNAL_SERVER_ERROR");
    } finally {
      inFlight.leave();
    }
  }

  /** Within what its client may have under way. */
  async function serveFor(
    caller: Caller | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const clientId = caller?.clientId ?? "";
    if (!inFlight.enterFor(clientId)) return turnAway(response, "OVERLOADED", COME_AGAIN);
    try {
      await serve(caller, request, response);
    } finally {
      inFlight.leaveFor(clientId);
    }
  }

  async function serve(
    caller: Caller | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    const mediaType = negotiateMediaType(request.headers);
    if (mediaType === null) return turnAway(response, "NOT_ACCEPTABLE"); // before a mutation has run for nobody
    const read = await readRequest(request);
    if (read.refused) return turnAway(response, read.refused);
    const { status, body } = await execute(read.posted, { requestId, headers: request.headers, caller });
    answer(response, status, body, { "content-type": mediaType });
  }

  function turnAway(response: ServerResponse, code: ErrorCode, headers: Record<string, string> = {}): void {
    observe("request.refused", { code });
    // Node reads a body that is still coming to its end, so that the connection can go on; a large one is not worth that.
    refuse(response, code, isSmall(response.req) ? headers : { ...headers, connection: "close" });
  }
}

/** Whether a body has come, or is known not to be larger than one that would have been read. */
function isSmall({ complete, headers }: IncomingMessage): boolean {
  return complete || Number(headers["content-length"] ?? Infinity) <= MAX_BODY_BYTES;
}

function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function requestIdOf(request: IncomingMessage): string {
  const given = header(request, REQUEST_ID_HEADER);
  return given !== undefined && /^(?!\d+$)[\w-]{8,64}$/.test(given) ? given : randomUUID();
}
