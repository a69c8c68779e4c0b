import { TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { Client, buildConnector } from "undici";
import { canConnect } from "./probe.ts";
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
  /** Opens and closes a connection, up to and with the certificate. Sends no request. */
  canConnect(): ReturnType<typeof canConnect>;
  /** End of Sociomile's certificate, as the last new connection showed it. Milliseconds since the epoch; 0 before the first one. */
  certificateEnd(): number;
}

export function routeTo({ baseUrl, proxyUrl, connectTimeoutMs }: RouteSettings): Route {
  const { origin, host, protocol } = new URL(baseUrl);
  // One connector for all connections, so that they share TLS sessions.
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  let end = 0;
  const certificateEnd = () => end;
  const openWith = (connector: buildConnector.connector) => (options: Client.Options) =>
    new Client(origin, {
      ...options,
      connect: (target, callback) =>
        connector(target, (...connected) => {
          const [, socket] = connected;
          const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
          if (certificate) end = certificate.validToDate.getTime();
          callback(...connected);
        }),
    });
  if (proxyUrl === null) {
    return {
      openClient: openWith(connect),
      target: "",
      headers: {},
      isForwarded: false,
      canConnect: () => canConnect(origin, connectTimeoutMs),
      certificateEnd,
    };
  }
  const proxy = proxyAt(proxyUrl);
  if (protocol === "http:") {
    const servername = serverNameOf(hostIn(proxy.origin));
    return {
      openClient: (options) =>
        new Client(proxy.origin, {
          ...options,
          // undici would take the name for the certificate from the header Host, and that names Sociomile.
          connect: (target, callback) => connect({ ...target, servername }, callback),
        }),
      target: origin,
      headers: { host, ...proxy.headers },
      isForwarded: true,
      canConnect: () => canConnect(proxy.origin, connectTimeoutMs),
      certificateEnd, // the connection to Sociomile itself has none
    };
  }
  return {
    openClient: openWith((_, callback) =>
      callbackify(connectThrough)(proxy, origin, connectTimeoutMs, (error, socket) =>
        error ? callback(error, null) : callback(null, socket),
      ),
    ),
    target: "",
    headers: {},
    isForwarded: false,
    canConnect: () => canConnect(origin, connectTimeoutMs, proxy),
    certificateEnd,
  };
}
