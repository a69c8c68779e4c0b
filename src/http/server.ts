import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Time for which an idle connection is kept. It is longer than routers keep theirs (90 s at most by default), so that the router
 * closes first and never sends into a closing connection. Milliseconds.
 */
const KEEP_ALIVE_MS = 95_000;
/** Longest time for headers and body of a request to arrive. Milliseconds. */
const REQUEST_MS = 12_000;
/** Longest wait for requests in flight when the server closes: the longest time of one request. Milliseconds. */
export const LAST_REQUESTS_MS = 12_000;

export interface HttpServer {
  url: string;
  /**
   * Serves for `lagMs` milliseconds more, and asks callers to close their connections. Then takes no new connections, waits for the
   * requests in flight, and closes.
   */
  close(lagMs?: number): Promise<void>;
}

/** Serves `listener` at `host` and `port` (0: any free one). Rejects when the port is not available. */
export async function listen(
  listener: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> {
  let closing = false;
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request: IncomingMessage, response: ServerResponse) => {
      if (closing) response.setHeader("connection", "close");
      listener(request, response);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => resolve());
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    async close(lagMs = 0) {
      closing = true;
      await sleep(lagMs);
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      // Node reports no event when a connection becomes idle after its last answer.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const patience = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(patience);
    },
  };
}
