import { once } from "node:events";
import { type Socket, connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import { type Proxy, connectThrough, hostIn, serverNameOf } from "./proxy.ts";

/**
 * Opens and closes a connection to `origin`, through the proxy if there is one, within `timeoutMs` milliseconds. Checks the
 * certificate of `origin`. Sends no request, and never rejects.
 */
export async function canConnect(
  origin: string,
  timeoutMs: number,
  proxy: Proxy | null = null,
): Promise<"yes" | "no" | "certificate invalid"> {
  let socket: Socket | undefined;
  try {
    if (proxy) socket = await connectThrough(proxy, origin, timeoutMs);
    else {
      const { protocol, port } = new URL(origin);
      const host = hostIn(origin);
      const secure = protocol === "https:";
      socket = secure
        ? connectTls({ host, port: Number(port || 443), servername: serverNameOf(host) })
        : connectPlain({ host, port: Number(port || 80) });
      await once(socket, secure ? "secureConnect" : "connect", { signal: AbortSignal.timeout(timeoutMs) });
    }
    return "yes";
  } catch (error) {
    return error instanceof Error && isCertificateError(error) ? "certificate invalid" : "no";
  } finally {
    socket?.destroy();
  }
}
