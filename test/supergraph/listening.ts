import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening extends AsyncDisposable {
  url: string;
}

/** Serves on loopback; `port` 0: any free one. Answers 500 when the listener throws. */
export async function listening(
  port: number,
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Listening> {
  const server = createServer(async (request, response) => {
    try {
      await listener(request, response);
    } catch {
      response.writeHead(500).end();
    }
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export { text as textOf } from "node:stream/consumers";
