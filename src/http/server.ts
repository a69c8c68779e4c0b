import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How long an idle connection is kept, in milliseconds: longer than routers keep theirs (90 s at most by default), so that it
 * is they who close, and none of them sends into a closing connection.
 */
const KEEP_ALIVE_MS = 95_000;
/** How long a request may take to arrive whole. Milliseconds. */
const REQUEST_MS = 12_000;
/** How long requests under way are waited for when closing. Milliseconds: as long as one takes at most. */
export const LAST_REQUESTS_MS = 12_000;

export interface HttpServer {
  url: string;
  /**
   * Serves on for `lagMs` milliseconds while asking callers to go elsewhere, then takes no new connections, waits for the
   * requests under way, and closes.
   */
  close(lagMs?: number): Promise<void>;
}

/** Serves `listener` at `host` and `port` (0: any free one). Rejects when the port cannot be had. */
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
      // A connection whose last answer has just gone out is idle, and nobody tells when.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const patience = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(patience);
    },
  };
}
