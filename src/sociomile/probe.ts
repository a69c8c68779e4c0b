import { once } from "node:events";
import { type Socket, connect as connectPlain, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { isCertificateError } from "./exchange.ts";

/**
 * Tries to connect to `origin` within `timeoutMs` milliseconds, including the check of its certificate. Sends no request, and
 * never rejects.
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
      ? // A server name must not be an IP address (RFC 6066, section 3); Node throws on one.
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
