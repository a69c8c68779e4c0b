import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerOptions, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SecureContextOptions } from "node:tls";
import { GatheredRequest, type Listener } from "./body.ts";
import { REQUEST_MS } from "./request-handler.ts";

/** Time for which an idle connection is kept: longer than routers keep theirs (90 s at most by default), so that they close first. Milliseconds. */
const KEEP_ALIVE_MS = 95_000;
/** Time for headers and body to arrive, and the interval at which Node looks for slow ones: they are cut within 12 s. Milliseconds. */
const ARRIVE_MS = 11_000;
const LOOK_EVERY_MS = 1000;
/** Time from the deadline of a request until its connection is closed: without an answer, or with one that nobody has read. Milliseconds. */
const CUT_AFTER_MS = 250;
/** Most requests that one connection may have sent without an answer. Routers send one at a time. */
export const MAX_UNANSWERED = 16;
/** Most connections of a port. Each takes up to 30 KB before anybody has looked at its first request. */
export const MAX_CONNECTIONS = 5000;

const HEAD_END = "\r\n\r\n";

/** Requests of a connection: the number of those without an answer, the last one, and bytes of its body that are still to come, 0 when it names none. */
interface Asked {
  unanswered: number;
  last: IncomingMessage | null;
  bytesLeft: number;
}
const askedOf = new WeakMap<Socket, Asked>();

/**
 * Gives what arrives to Node's parser head by head, and the next request only when the one before it is answered. Node by itself parses all
 * 64 KiB that have arrived, which may be thousands of requests: they would fill the memory, and others would wait for all of them.
 */
function parseInTurn(socket: Socket): void {
  const [parse] = socket.listeners("data") as [(part: Buffer) => void];
  const asked: Asked = { unanswered: 0, last: null, bytesLeft: 0 };
  askedOf.set(socket, asked);
  socket.removeListener("data", parse).on("data", (bytes: Buffer) => {
    let rest = bytes;
    while (rest.length > 0 && !socket.destroyed) {
      const arrives = asked.last?.complete === false;
      if (asked.unanswered > (arrives ? 1 : 0)) {
        // Ends of bodies in chunks count as well: nobody is owed so many requests at once.
        if (rest.toString("latin1").split(HEAD_END).length > MAX_UNANSWERED) return void socket.destroy();
        return socket.pause().unshift(rest);
      }
      const end = rest.indexOf(HEAD_END); // of a head, or of a body in chunks
      const part = rest.subarray(0, asked.bytesLeft || (end === -1 ? rest.length : end + HEAD_END.length));
      asked.bytesLeft = Math.max(0, asked.bytesLeft - part.length);
      rest = rest.subarray(part.length);
      parse(part);
    }
  });
}

/** Serves `listener` at `host` and `port` (0: any free one), with TLS if `tls` gives its files. Rejects when the port is not available. */
export async function listen(
  listener: Listener,
  {
    host,
    port,
    tls = null,
    maxConnections = MAX_CONNECTIONS,
  }: { host: string; port: number; tls?: (() => Tls) | null; maxConnections?: number },
) {
  let closing = false;
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
    const asked = askedOf.get(socket)!;
    if (++asked.unanswered > MAX_UNANSWERED) return void socket.destroy();
    [asked.last, asked.bytesLeft] = [request, Number(request.headers["content-length"] ?? 0)];
    const cut = setTimeout(() => socket.destroy(), REQUEST_MS + CUT_AFTER_MS);
    response.once("close", () => {
      clearTimeout(cut);
      asked.unanswered--;
      if (asked.last === request && request.complete) asked.last = null; // frees it while the connection is idle
      if (socket.isPaused()) setImmediate(() => socket.resume()); // after those of other connections
    });
    if (closing) response.setHeader("connection", "close");
    listener(request, response);
  };
  const server = tls ? serveTls(options, tls, serve) : createServer(options, serve);
  // Otherwise Node asks for a body before anybody has looked at the request, and answers other expectations by itself.
  server.on("checkContinue", serve).on("checkExpectation", serve);
  server.on(tls ? "secureConnection" : "connection", parseInTurn);
  server.maxConnections = maxConnections;
  server.on("drop", () => server.closeIdleConnections()); // a crowd of them would keep others out
  await once(server.listen(port, host), "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    /** Serves for `ms` milliseconds more, and asks callers to close their connections. */
    async drain(ms: number): Promise<void> {
      closing = true;
      await sleep(ms);
    },
    /** Takes no new connections, waits for the requests in flight, and closes. */
    async close(): Promise<void> {
      closing = true;
      const closed = once(server.close(), "close");
      // Node reports no event when a connection becomes idle after its last answer.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const patience = setTimeout(() => server.closeAllConnections(), REQUEST_MS); // no request takes longer
      await closed;
      clearInterval(idle);
      clearTimeout(patience);
    },
  };
}

/** Contents of the files of TLS. With `ca`, clients must show a certificate of one of these authorities. */
type Tls = Pick<SecureContextOptions, "cert" | "key" | "ca">;

/** Makes a server that speaks TLS, with the files that `current` gives. New connections use new files; those that are open go on. */
function serveTls(
  options: ServerOptions<typeof GatheredRequest> & { handshakeTimeout: number },
  current: () => Tls,
  listener: Listener,
): Server<typeof GatheredRequest> {
  let used = current();
  const server = createTlsServer(
    { ...options, ...secure(used), requestCert: used.ca !== undefined },
    listener,
  );
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
