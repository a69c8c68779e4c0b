import { TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { Client, buildConnector } from "undici";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import { connectThrough, hostIn, proxyAt, serverNameOf } from "./proxy.ts";

export interface RouteSettings {
  baseUrl: string;
  /** Address of the proxy, which may hold credentials; null: Sociomile is reached directly. */
  proxyUrl: string | null;
  connectTimeoutMs: number;
}

/** The way to Sociomile: direct, through a tunnel (https), or by a proxy that forwards each request (plain http). */
export interface Route {
  openClient(options: Client.Options): Client;
  /** Text before the path of a request, and headers, that this way needs. */
  target: string;
  headers: Readonly<Record<string, string>>;
  /** True when a proxy reads each request and each answer, and may answer in Sociomile's place. */
  isForwarded: boolean;
  /** Opens and closes a connection, up to and with the certificate. Sends no request, and never rejects. */
  canConnect(): Promise<"yes" | "no" | "certificate invalid">;
  /** End of the certificate that the last new connection showed. Null: none showed one. */
  certificateEnd(): Date | null;
}

export function routeTo({ baseUrl, proxyUrl, connectTimeoutMs }: RouteSettings): Route {
  const { origin, host, protocol } = new URL(baseUrl);
  // One connector for all connections, so that they share TLS sessions.
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  if (proxyUrl === null)
    return { ...connecting(origin, connect), target: "", headers: {}, isForwarded: false };
  const proxy = proxyAt(proxyUrl);
  if (protocol === "http:") {
    // undici would take the name for the certificate from the header Host, and that names Sociomile.
    const servername = serverNameOf(hostIn(proxy.origin));
    const toProxy: Connect = (options, callback) => connect({ ...options, servername }, callback);
    const headers = { host, ...proxy.headers };
    return { ...connecting(proxy.origin, toProxy), target: origin, headers, isForwarded: true };
  }
  const tunnel: Connect = (_, callback) =>
    callbackify(connectThrough)(proxy, origin, connectTimeoutMs, (error, socket) =>
      error ? callback(error, null) : callback(null, socket),
    );
  return { ...connecting(origin, tunnel), target: "", headers: {}, isForwarded: false };
}

type Connect = buildConnector.connector;

function connecting(
  origin: string,
  connector: Connect,
): Pick<Route, "openClient" | "canConnect" | "certificateEnd"> {
  const { host, protocol, port } = new URL(origin);
  let end: Date | null = null;
  const connect: Connect = (options, callback) =>
    connector(options, (...connected) => {
      const [, socket] = connected;
      if (socket instanceof TLSSocket) end = socket.getPeerX509Certificate()?.validToDate ?? end;
      callback(...connected);
    });
  return {
    openClient: (options) => new Client(origin, { ...options, connect }),
    canConnect: () =>
      new Promise((resolve) =>
        connect({ hostname: hostIn(origin), host, protocol, port }, (error, socket) => {
          socket?.destroy();
          resolve(!error ? "yes" : isCertificateError(error) ? "certificate invalid" : "no");
        }),
      ),
    certificateEnd: () => end,
  };
}
