import { once } from "node:events";
import { type Socket, connect as connectPlain, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { isCertificateError } from "./exchange.ts";

/**
 * Whether a connection to `origin` can be made within `timeoutMs` milliseconds, up to and with its certificate. Sends nothing,
 * and never rejects.
 */
export async function canConnect(
  origin: string,
  timeoutMs: number,
): Promise<"yes" | "no" | "certificate invalid"> {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  const secure = protocol === "https:";
  let socket: Socket | undefined;
  try {
    socket = secure
      ? // A name to ask for is no address (RFC 6066, section 3), and Node throws where it is.
        connectTls({ host, port: Number(port || 443), ...(isIP(host) === 0 && { servername: host }) })
      : connectPlain({ host, port: Number(port || 80) });
    await once(socket, secure ? "secureConnect" : "connect", { signal: AbortSignal.timeout(timeoutMs) });
    return "yes";
  } catch (error) {
    return error instanceof Error && isCertificateError(error) ? "certificate invalid" : "no";
  } finally {
    socket?.destroy();
  }
}
