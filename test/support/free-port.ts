import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Finds a free port of loopback, for programs that cannot report the port that they chose. It is below the range of automatic ports, so
 * that no connection and no other server takes it before the program does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isTaken = await once(server.listen(port, "127.0.0.1"), "listening").then(
      () => false,
      () => true,
    );
    if (isTaken) continue;
    await once(server.close(), "close");
    return port;
  }
}
