import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

/** Whether a connection to `origin` can be made within `timeoutMs` milliseconds, up to and with its certificate. Sends nothing. */
export async function canConnect(origin: string, timeoutMs: number): Promise<boolean> {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  const secure = protocol === "https:";
  const socket = secure
    ? connectTls({ host, port: Number(port || 443), servername: host })
    : connectPlain({ host, port: Number(port || 80) });
  try {
    await once(socket, secure ? "secureConnect" : "connect", { signal: AbortSignal.timeout(timeoutMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
