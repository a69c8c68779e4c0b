import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface HttpServer {
  url: string;
  /** Takes no new connections, waits for the requests under way, and closes the rest. */
  close(): Promise<void>;
}

/** Serves `listener` at `host` and `port` (0: any free one). Rejects when the port cannot be had. */
export async function listen(
  listener: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 30_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => resolve());
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
