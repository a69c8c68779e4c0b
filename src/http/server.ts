import { once } from "node:events";
import { type Server, type ServerOptions, createServer } from "node:http";
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
/** Most requests of one connection that wait for their answers. Routers send one at a time, and a crowd of others would fill the memory. */
export const MAX_UNANSWERED = 16;
/** Most connections of a port. Each takes up to 30 KB before anybody has looked at its first request. */
export const MAX_CONNECTIONS = 5000;

const HEAD_END = "\r\n\r\n";
/** Bytes that may hold some hundred heads, which Node parses in a millisecond or two. Nearly every request is smaller. */
const FEW_BYTES = 4096;

/**
 * Gives what arrives to Node's parser in parts of a few heads, until the connection is closed. Node by itself parses all 64 KiB that have
 * arrived, which may be thousands of requests, before it closes anything.
 */
function parseByHeads(socket: Socket): void {
  const [parse] = socket.listeners("data") as [(part: Buffer) => void];
  socket.removeListener("data", parse).on("data", (bytes: Buffer) => {
    if (bytes.length <= FEW_BYTES) return parse(bytes);
    for (let from = 0, to = 0; from < bytes.length && !socket.destroyed; from = to) {
      // A body may seem to hold heads: it then arrives in more pieces.
      for (let heads = 0; heads < MAX_UNANSWERED && to < bytes.length; heads++) {
        const end = bytes.indexOf(HEAD_END, to);
        to = end === -1 ? bytes.length : end + HEAD_END.length;
      }
      parse(bytes.subarray(from, to));
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
  const unanswered = new WeakMap<Socket, number>();
  const serve: Listener = (request, response) => {
    const { socket } = request;
    const count = (by: number) => unanswered.set(socket, (unanswered.get(socket) ?? 0) + by).get(socket)!;
    if (count(1) > MAX_UNANSWERED) return void socket.destroy(); // and with it whatever else has arrived
    response.once("close", () => count(-1));
    if (closing) response.setHeader("connection", "close");
    listener(request, response);
  };
  const server = tls ? serveTls(options, tls, serve) : createServer(options, serve);
  // Otherwise Node asks for a body before anybody has looked at the request, and answers other expectations by itself.
  server.on("checkContinue", serve).on("checkExpectation", serve);
  server.on(tls ? "secureConnection" : "connection", parseByHeads);
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
