import { once } from "node:events";
import { type Server, createServer } from "node:net";

/**
 * Listens on a free port of loopback, and returns it. It is below the range of automatic ports, so that no connection and no other server
 * takes it while this one does not listen.
 */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const isFree = await once(server.listen(port, "127.0.0.1"), "listening").then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}

/** Finds a free port of loopback, for programs that cannot report the port that they chose. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnFreePort(server);
  await once(server.close(), "close");
  return port;
}
