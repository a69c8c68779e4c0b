import { once } from "node:events";
import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { REQUEST_MS } from "./request-handler.ts";
import { type Tls, tlsServer } from "./tls.ts";

/** Time for which an idle connection is kept: longer than routers keep theirs (90 s at most by default), so that they close first. Milliseconds. */
const KEEP_ALIVE_MS = 95_000;
/** Time for headers and body to arrive, and the interval at which Node looks for slow ones: they are cut within 12 s. Milliseconds. */
const ARRIVE_MS = 11_000;
const LOOK_EVERY_MS = 1000;

/** Serves `listener` at `host` and `port` (0: any free one), with TLS if `tls` gives its files. Rejects when the port is not available. */
export async function listen(
  listener: RequestListener,
  { host, port, tls = null }: { host: string; port: number; tls?: (() => Tls) | null },
) {
  let closing = false;
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: ARRIVE_MS,
    headersTimeout: ARRIVE_MS,
    handshakeTimeout: ARRIVE_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.setHeader("connection", "close");
    listener(request, response);
  };
  const server = tls ? tlsServer(options, tls, serve) : createServer(options, serve);
  server.on("checkContinue", serve); // otherwise Node asks for the body before anybody has looked at the request
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
