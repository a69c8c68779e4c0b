import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode } from "../errors.ts";
import type { Limiter } from "../limiter.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import {
  ACCEPTED_CODINGS,
  type GatheredRequest,
  type GraphQLRequest,
  type Listener,
  MAX_BODY_BYTES,
  readRequest,
} from "./body.ts";
import { type NotReady, serveHealth } from "./management.ts";
import { REQUEST_ID_HEADER, answer, hostOf, negotiateMediaType, refuse, targetOf } from "./message.ts";
import type { ServeConsole } from "./console.ts";

/** Facts about a request, apart from its GraphQL. */
interface RequestMetadata<Caller> {
  requestId: string;
  headers: IncomingHttpHeaders;
  caller: Caller;
  /** Time by which the request must be answered. Milliseconds of the monotonic clock. */
  deadline: number;
  /** Waits until an operation may run, which is in use until the answer. False: too many run. */
  enter: (weight: number) => Promise<boolean>;
}

/** Runs a GraphQL request, or a list. Returns the HTTP status and the JSON text of the answer, or the code of the refusal. */
type Execute<Caller> = (
  asked: GraphQLRequest | GraphQLRequest[],
  metadata: RequestMetadata<Caller>,
) => Promise<{ status: number; body: string } | ErrorCode>;

/** Identity of a caller, or the code of the error for a caller that has none. */
type AnyCaller = { clientId: string } | { code: ErrorCode };

/** Serves pages, and answers preflights. False for every other request. */
export type ServePages = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

interface RequestHandlerOptions<Caller extends AnyCaller> {
  execute: Execute<Caller>;
  /** No client keeps the others out, with many or heavy requests, slow bodies, or answers that it does not read. */
  limiters: Record<"requests" | "weight", Limiter>;
  identify: (request: IncomingMessage) => Promise<Caller>;
  /** Checks the `Router-Authorization` header. */
  isRouter: (credential: string | undefined) => boolean;
  notReady: NotReady;
  /** True for a host that is served. Else web pages could call a service without authentication (DNS rebinding). */
  servesHost: (host: string) => boolean;
  /** True when the log may contain an id that a caller made up. */
  mayBeLogged: (id: string) => boolean;
  /** Console for operators, without a credential, since it is static. Null: it is not served. */
  serveConsole: ServeConsole | null;
  /** Pages for developers. Null: there are none. The explorer posts to its own address, `/`. */
  servePages: ServePages | null;
}

/** Bytes of bodies and answers that weigh 1, and those up to which a body, and an answer, is always admitted. */
const BYTES_A_WEIGHT = 128;
const SMALL_BYTES = 64 * 1024;
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
export function createRequestHandler<Caller extends AnyCaller>(
  options: RequestHandlerOptions<Caller>,
  observe: Observe,
): Listener {
  const { requests, weight: weights } = options.limiters;

  return (request, response) => {
    const target = targetOf(request);
    if (!target) return refuseRequest(response, "BAD_REQUEST");
    if (!options.servesHost(hostOf(target.authority))) return refuseRequest(response, "HOST_NOT_SERVED");
    const { path } = target;
    if (options.serveConsole?.(path, request, response)) return;
    if (options.servePages?.(path, request, response)) return;
    if (path === "/graphql" || (options.servePages && path === "/")) void admit(request, response);
    else if (!serveHealth(path, response, options.notReady)) refuseRequest(response, "NOT_FOUND");
  };

  async function admit(request: GatheredRequest, response: ServerResponse<GatheredRequest>): Promise<void> {
    const requestId = requestIdOf(request, options.mayBeLogged);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    if (!options.isRouter(request.headersDistinct["router-authorization"]?.join(", ")))
      return refuseRequest(response, "ROUTER_CREDENTIAL_REFUSED");
    request.isProven = true; // before anybody waits
    if (request.method !== "POST") return refuseRequest(response, "METHOD_NOT_ALLOWED", { allow: "POST" });
    const unidentified = requests.tryAcquire(requestId); // no client's, so that callers without an identity shut nobody out
    if (!unidentified) return refuseRequest(response, "OVERLOADED");
    const deadline = performance.now() + REQUEST_MS;
    const closed = new Promise((resolve) => response.once("close", resolve));
    try {
      const caller = await options.identify(request).finally(() => unidentified[Symbol.dispose]());
      if ("code" in caller && caller.code === "AUTHENTICATION_UNAVAILABLE")
        response.setHeader("retry-after", NEW_KEYS_AFTER);
      const clientId = "code" in caller ? "" : caller.clientId;
      using counted = requests.tryAcquire(clientId);
      if (!counted) return refuseRequest(response, "OVERLOADED");
      using slot = new DisposableStack();
      let size = 0;
      const hold = (bytes: number) => {
        size += bytes;
        return !slot.disposed && slot.use(weightOf(clientId, bytes, size <= SMALL_BYTES)) !== null;
      };
      using running = new DisposableStack();
      const enter = async (weight: number) => {
        const part = await weights.acquire(clientId, deadline - LAST_MS - performance.now(), weight);
        if (typeof part === "object") running.use(part);
        return typeof part === "object";
      };
      const metadata = { requestId, headers: request.headers, caller, deadline, enter };
      const answered = await serve(metadata, hold, response);
      if (typeof answered === "string") return refuseRequest(response, answered);
      running.dispose();
      using _ = weightOf(clientId, Buffer.byteLength(answered.body), true); // less than its operation weighed
      answer(response, answered.status, answered.body, { "content-type": answered.type });
      await closed; // an answer that nobody reads needs memory, and counts until then
    } catch (error) {
      observe("graphql.internal_error", { requestId, ...faultOf(error) });
      refuseRequest(response, "INTERNAL_SERVER_ERROR");
    }
  }

  function weightOf(clientId: string, bytes: number, isAlwaysAdmitted: boolean): Disposable | null {
    return weights.tryAcquire(clientId, Math.ceil(bytes / BYTES_A_WEIGHT), isAlwaysAdmitted);
  }

  /** Reads a request, and runs it. Returns its answer, or the code of the refusal. */
  async function serve(
    metadata: RequestMetadata<Caller>,
    hold: (bytes: number) => boolean,
    response: ServerResponse<GatheredRequest>,
  ): Promise<{ status: number; body: string | Buffer; type: string } | ErrorCode> {
    const type = negotiateMediaType(metadata.headers.accept);
    if (type === null) return "NOT_ACCEPTABLE"; // no mutation runs whose answer the caller cannot read
    if (metadata.headers.expect !== undefined) response.writeContinue();
    const posted = await readRequest(response.req, hold);
    if (posted === "UNSUPPORTED_MEDIA_TYPE") response.setHeader("accept-encoding", ACCEPTED_CODINGS);
    if (typeof posted === "string") return posted;
    const answered = await options.execute(posted, metadata);
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
function requestIdOf({ headers }: IncomingMessage, mayBeLogged: (id: string) => boolean): string {
  const sent = headers[REQUEST_ID_HEADER];
  const isKept = typeof sent === "string" && /^(?!\d+$)[\w-]{8,64}$/.test(sent) && mayBeLogged(sent);
  return isKept ? sent : randomUUID();
}

/** True when a body has arrived, or is under way and known to be within the limit. */
function isSmall({ complete, headers }: IncomingMessage): boolean {
  const size = headers.expect === undefined ? Number(headers["content-length"] ?? Infinity) : Infinity;
  return complete || size <= MAX_BODY_BYTES;
}
