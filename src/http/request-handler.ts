import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopback } from "../config/setting-types.ts";
import type { ErrorCode } from "../errors.ts";
import type { GraphQLServer, RequestFacts } from "../graphql/server.ts";
import type { Authentication } from "../identity/authentication.ts";
import { isIdentified } from "../identity/principal.ts";
import type { Limiter } from "../limiter.ts";
import { RequestLoad } from "../request-load.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import { hidesCardNumber } from "../tickets/fields/card-number.ts";
import { ACCEPTED_CODINGS, type GatheredRequest, type Listener, MAX_BODY_BYTES, readRequest } from "./body.ts";
import type { OperatorConsole } from "./console.ts";
import { type NotReady, serveHealth } from "./management.ts";
import { REQUEST_ID_HEADER, answer, negotiateMediaType, refuse, targetOf } from "./message.ts";

/** Serves pages, and answers preflights. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

interface RequestHandlerOptions {
  graphql: Pick<GraphQLServer, "execute">;
  authentication: Pick<Authentication, "identify" | "isRouter">;
  /** No client keeps the others out, with many or heavy requests, slow bodies, or answers that it does not read. */
  limiters: Record<"requests" | "weight", Limiter>;
  notReady: NotReady;
  /** True: other hosts are refused. Else web pages could call a service without authentication (DNS rebinding). */
  isLoopbackOnly: boolean;
  /** Console for operators, without a credential, since it is static. Null: it is not served. */
  operatorConsole: OperatorConsole | null;
  /** Pages for developers. Null: there are none. The explorer posts to its own address, `/`. */
  servePages: ServePages | null;
}

/** Length from which the text of an answer is sent as bytes. */
const LONG = 16 * 1024;
/** Time after which a caller should repeat a request that was refused for load. Seconds. */
const RETRY_AFTER = "1";
/** Time after which new keys may be there to authenticate a caller. Seconds. */
const NEW_KEYS_AFTER = "10";

/** Longest time of a request, from its headers to its answer. Milliseconds. */
export const REQUEST_MS = 12_000;
/** Time before its deadline in which no operation begins. Milliseconds. */
const LAST_MS = 1000;

/** Handles public requests: GraphQL at /graphql, and health. Refuses before it reads a body. */
export function createRequestHandler(options: RequestHandlerOptions, observe: Observe): Listener {
  const { graphql, authentication, operatorConsole, servePages } = options;
  const { requests, weight } = options.limiters;

  return (request, response) => {
    const target = targetOf(request);
    if (!target) return refuseRequest(response, "BAD_REQUEST");
    const { host, path } = target;
    if (options.isLoopbackOnly && !isLoopback(host)) return refuseRequest(response, "HOST_NOT_SERVED");
    if (operatorConsole?.serve(path, request, response)) return;
    if (servePages?.(path, request, response)) return;
    if (path === "/graphql" || (servePages && path === "/")) void admit(request, response);
    else if (!serveHealth(path, response, options.notReady)) refuseRequest(response, "NOT_FOUND");
  };

  async function admit(request: GatheredRequest, response: ServerResponse<GatheredRequest>): Promise<void> {
    const requestId = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    if (!authentication.isRouter(request.headersDistinct["router-authorization"]?.join(", ")))
      return refuseRequest(response, "ROUTER_CREDENTIAL_REFUSED");
    request.isProven = true; // before anybody waits
    if (request.method !== "POST") return refuseRequest(response, "METHOD_NOT_ALLOWED", { allow: "POST" });
    // No client's, so that callers without an identity shut nobody out: an id of a client has no blank.
    const unidentified = requests.tryAcquire(`request ${requestId}`);
    if (!unidentified) return refuseRequest(response, "OVERLOADED");
    const deadline = performance.now() + REQUEST_MS;
    const closed = new Promise((resolve) => response.once("close", resolve));
    try {
      const caller = await authentication.identify(request).finally(() => unidentified[Symbol.dispose]());
      if ("code" in caller && caller.code === "AUTHENTICATION_UNAVAILABLE")
        response.setHeader("retry-after", NEW_KEYS_AFTER);
      const clientId = isIdentified(caller) ? caller.clientId : "";
      using counted = requests.tryAcquire(clientId);
      if (!counted) return refuseRequest(response, "OVERLOADED");
      using load = new RequestLoad(weight, clientId, deadline - LAST_MS);
      const answered = await serve({ requestId, headers: request.headers, caller, deadline, load }, response);
      if (typeof answered === "string") return refuseRequest(response, answered);
      load.answer(Buffer.byteLength(answered.body));
      answer(response, answered.status, answered.body, { "content-type": answered.type });
      await closed; // an answer that nobody reads needs memory, and counts until then
    } catch (error) {
      observe("graphql.internal_error", { requestId, ...faultOf(error) });
      refuseRequest(response, "INTERNAL_SERVER_ERROR");
    }
  }

  /** Reads a request, and runs it. Returns its answer, or the code of the refusal. */
  async function serve(
    facts: RequestFacts,
    response: ServerResponse<GatheredRequest>,
  ): Promise<{ status: number; body: string | Buffer; type: string } | ErrorCode> {
    const type = negotiateMediaType(facts.headers.accept);
    if (type === null) return "NOT_ACCEPTABLE"; // no mutation runs whose answer the caller cannot read
    if (facts.headers.expect !== undefined) response.writeContinue();
    const posted = await readRequest(response.req, facts.load);
    if (posted === "UNSUPPORTED_MEDIA_TYPE") response.setHeader("accept-encoding", ACCEPTED_CODINGS);
    if (typeof posted === "string") return posted;
    const answered = await graphql.execute(posted, facts);
    if (typeof answered === "string") return answered;
    const { status, body } = answered;
    // A long text would need twice as much memory, beside that of V8, until it is read.
    return { status, body: body.length > LONG ? Buffer.from(body) : body, type };
  }

  function refuseRequest(response: ServerResponse, code: ErrorCode, headers: Record<string, string> = {}) {
    observe("request.refused", { code });
    if (code === "OVERLOADED") response.setHeader("retry-after", RETRY_AFTER);
    // Node reads the rest of a body to keep the connection open. A large body is not worth that.
    refuse(response, code, isSmall(response.req) ? headers : { ...headers, connection: "close" });
  }
}

/** Returns the caller's id of a request if it is well formed and may be logged, and a new one otherwise. */
function requestIdOf({ headers }: IncomingMessage): string {
  const sent = headers[REQUEST_ID_HEADER];
  const isKept = typeof sent === "string" && /^(?!\d+$)[\w-]{8,64}$/.test(sent) && !hidesCardNumber(sent);
  return isKept ? sent : randomUUID();
}

/** True when a body has arrived, or is under way and known to be within the limit. */
function isSmall({ complete, headers }: IncomingMessage): boolean {
  const size = headers.expect === undefined ? Number(headers["content-length"] ?? Infinity) : Infinity;
  return complete || size <= MAX_BODY_BYTES;
}
