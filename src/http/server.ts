import { once } from "node:events";
import { type Server, type ServerOptions, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { GatheredRequest, type Listener } from "./body.ts";
import { REQUEST_MS } from "./request-handler.ts";

/** Time for which an idle connection is kept: longer than routers keep theirs (90 s at most by default). Milliseconds. */
const KEEP_ALIVE_MS = 95_000;
/** Time for headers and body to arrive, and the interval at which Node cuts slow ones: within 12 s. Milliseconds. */
const ARRIVE_MS = 11_000;
const LOOK_EVERY_MS = 1000;
/** Time from the deadline of a request until its connection is closed, without an answer or with an unread one. Milliseconds. */
const CUT_AFTER_MS = 250;
/** Most connections of a port, and most of them without a credential, where there is one to show. Each needs up to 80 KB. */
export const MAX_CONNECTIONS = 5000;
export const MAX_UNPROVEN = 200;

const TOO_EARLY = new Error("The answer before this request is still to come");
/** Answer to the last request of each connection. */
const lastAnswers = new WeakMap<Socket, ServerResponse>();

/** Closes a connection at a request that is too early. Node parses all 64 KiB that have arrived, perhaps many requests. */
function parseUntilTooEarly(socket: Socket): void {
  const [parse] = socket.listeners("data") as [(bytes: Buffer) => void];
  socket.removeListener("data", parse).on("data", (bytes: Buffer) => {
    try {
      parse(bytes);
    } catch (error) {
      if (error !== TOO_EARLY) throw error;
      socket.destroy();
    }
  });
}

/** Names a TCP connection. That of a TLS connection has the same ends. */
const endsOf = (socket: Socket) => [socket.localAddress, socket.remoteAddress, socket.remotePort].join(" ");

/** Serves `listener` at `host` and `port` (0: a free one). Closes the oldest of more than `maxUnproven` connections. */
export async function listen(
  listener: Listener,
  {
    host,
    port,
    tls = null,
    maxConnections = MAX_CONNECTIONS,
    maxUnproven = maxConnections,
  }: { host: string; port: number; tls?: (() => Tls) | null; maxConnections?: number; maxUnproven?: number },
) {
  let closing = false;
  const unproven = new Map<string, Socket>();
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: ARRIVE_MS,
    headersTimeout: ARRIVE_MS,
    handshakeTimeout: ARRIVE_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
    requireHostHeader: false, // targetOf does
    IncomingMessage: GatheredRequest,
  };
  const serve: Listener = (request, response) => {
    const { socket } = request;
    const before = lastAnswers.get(socket);
    // Over TLS, Node learns later than the caller that an answer was sent: the next request may be there.
    if (!response.socket && !(before?.socket && before.headersSent)) throw TOO_EARLY;
    lastAnswers.set(socket, response);
    const cut = setTimeout(() => socket.destroy(), REQUEST_MS + CUT_AFTER_MS);
    response.once("close", () => clearTimeout(cut));
    if (closing) response.setHeader("connection", "close");
    listener(request, response);
    if (request.isProven) unproven.delete(endsOf(socket));
  };
  const server = tls ? serveTls(options, tls, serve) : createServer(options, serve);
  // Otherwise Node asks for a body before anybody has looked at the request, and answers other expectations by itself.
  server.on("checkContinue", serve).on("checkExpectation", serve);
  server.on(tls ? "secureConnection" : "connection", parseUntilTooEarly);
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.authorized) unproven.delete(endsOf(socket));
  });
  // Comes before the handshake of TLS.
  server.on("connection", (socket: Socket) => {
    const ends = endsOf(socket);
    unproven.set(ends, socket);
    socket.once("close", () => {
      if (unproven.get(ends) === socket) unproven.delete(ends);
    });
    const [oldest] = unproven.values();
    if (unproven.size > maxUnproven) oldest!.resetAndDestroy();
  });
  server.maxConnections = maxConnections;
  server.on("drop", () => server.closeIdleConnections()); // a crowd of them would keep others out
  // A connection that does not fit the system's queue tries again after 1, 3 and 7 s: a crowd would keep the router waiting.
  await once(server.listen({ port, host, backlog: MAX_CONNECTIONS }), "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    /** Serves for `ms` milliseconds more, and asks callers to close their connections. */
    async drain(ms: number): Promise<void> {
      closing = true;
      await sleep(ms);
    },
    /** Accepts no new connections, waits for the requests in flight, and closes. */
    async close(): Promise<void> {
      closing = true;
      const closed = once(server.close(), "close");
      // Node reports no event when a connection becomes idle after its last answer.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const patience = setTimeout(() => server.closeAllConnections(), REQUEST_MS); // no request lasts longer
      await closed;
      clearInterval(idle);
      clearTimeout(patience);
    },
  };
}

/** Contents of the files of TLS. With `ca`, clients must show a certificate of one of these authorities. */
type Tls = Pick<SecureContextOptions, "cert" | "key" | "ca">;

/** Makes a server that speaks TLS, with the files that `current` returns. New connections use new files; open ones go on. */
function serveTls(
  options: ServerOptions<typeof GatheredRequest> & { handshakeTimeout: number },
  current: () => Tls,
  listener: Listener,
): Server<typeof GatheredRequest> {
  let used = current();
  const server = createTlsServer({ ...options, ...secure(used), requestCert: used.ca !== undefined }, listener);
  const looking = setInterval(() => {
    const files = current();
    if (files !== used) server.setSecureContext(secure((used = files)));
  }, LOOK_EVERY_MS).unref();
  return server.once("close", () => clearInterval(looking));
}

/** Names the least version too, because an option of Node could lower it. */
function secure(files: Tls) {
  return { ...files, minVersion: "TLSv1.2" } as const;
}
