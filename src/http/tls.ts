import type { Server, ServerOptions } from "node:http";
import { createServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { GatheredRequest, Listener } from "./gathered-request.ts";

/** Contents of the files of TLS. With `ca`, clients must show a certificate of one of these authorities. */
export type Tls = Pick<SecureContextOptions, "cert" | "key" | "ca">;

const LOOK_EVERY_MS = 1000;

/** Makes a server that speaks TLS, with the files that `current` gives. New connections use new files; those that are open go on. */
export function tlsServer(
  options: ServerOptions<typeof GatheredRequest> & { handshakeTimeout: number },
  current: () => Tls,
  listener: Listener,
): Server<typeof GatheredRequest> {
  let used = current();
  const server = createServer({ ...options, ...secure(used), requestCert: used.ca !== undefined }, listener);
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
