/**
 * The way to Sociomile. undici's ProxyAgent is not used: it waits up to five minutes for the answer to CONNECT and keeps a connection of the pool
 * occupied meanwhile, it replaces methods of the handler that decides whether a request has started, and it cannot open a connection without a
 * request, as the probe of the circuit breaker must.
 */
import { once } from "node:events";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { type Socket, isIP } from "node:net";
import { TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { Client, buildConnector } from "undici";

export interface RouteSettings {
  baseUrl: string;
  /** Address of the proxy, which may hold credentials; null: Sociomile is reached directly. */
  proxyUrl: string | null;
  connectTimeoutMs: number;
}

type Connect = buildConnector.connector;

/** The way to Sociomile: direct, or through a proxy's tunnel. Plain http leads to this machine alone, which needs no proxy. */
export function routeTo({ baseUrl, proxyUrl, connectTimeoutMs }: RouteSettings) {
  const { origin, host, protocol, port } = new URL(baseUrl);
  // One connector for all connections, so that they share TLS sessions.
  const direct = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  const isTunnel = proxyUrl !== null && protocol === "https:";
  const connector = isTunnel ? tunnelThrough(proxyAt(proxyUrl), baseUrl, connectTimeoutMs) : direct;
  let end: Date | null = null;
  const connect: Connect = (options, callback) =>
    connector(options, (...connected) => {
      const [, socket] = connected;
      if (socket instanceof TLSSocket) end = socket.getPeerX509Certificate()?.validToDate ?? end;
      callback(...connected);
    });
  return {
    openClient: (options: Client.Options) => new Client(origin, { ...options, connect }),
    /** Opens and closes a connection, up to and with the certificate. Sends no request. Resolves with what prevented it, and never rejects. */
    tryToConnect: () =>
      new Promise<Error | null>((resolve) =>
        connect({ hostname: hostIn(origin), host, protocol, port }, (error, socket) => {
          socket?.destroy();
          resolve(error);
        }),
      ),
    /** End of the certificate that the last new connection showed, by the setting that names its host. Empty: none showed one. */
    certificates: () => (end ? [{ setting: "SOCIOMILE_BASE_URL", position: 1, end }] : []),
  };
}

interface Proxy {
  /** Without credentials, so that no error can hold them. */
  origin: string;
  headers: Readonly<Record<string, string>>;
}

/** Reads the address of a proxy, with or without credentials (RFC 7617). */
export function proxyAt(url: string): Proxy {
  const { origin, username, password } = new URL(url);
  if (username === "" && password === "") return { origin, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const encoded = Buffer.from(credentials).toString("base64");
  return { origin, headers: { "proxy-authorization": `Basic ${encoded}` } };
}

/** Answer of a proxy that refuses the way for good, such as 407 or 403: no later try will be answered otherwise. */
export class ProxyRefusal extends Error {}

/** Opens TLS within a tunnel, in the time that the tunnel has left. */
function tunnelThrough(proxy: Proxy, baseUrl: string, timeoutMs: number): Connect {
  return (options, callback) => {
    const until = performance.now() + timeoutMs;
    callbackify(openTunnel)(proxy, baseUrl, timeoutMs, (error, httpSocket) => {
      if (error) return callback(error, null);
      const timeout = Math.max(1, until - performance.now());
      buildConnector({ timeout, allowH2: false })({ ...options, httpSocket }, callback);
    });
  };
}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). */
async function openTunnel(proxy: Proxy, baseUrl: string, timeoutMs: number): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const authority = `${hostname}:${port || 443}`;
  const proxyHost = hostIn(proxy.origin);
  const request = proxy.origin.startsWith("https:") ? requestSecure : requestPlain;
  const asking = request(proxy.origin, {
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...proxy.headers },
    // Node would take the name from the header Host, and that names Sociomile. An address is none (RFC 6066, section 3).
    servername: isIP(proxyHost) === 0 ? proxyHost : "",
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  });
  asking.on("error", () => {}).end(); // the time may be over after the answer, too
  const [{ statusCode = 0 }, socket] = (await once(asking, "connect")) as [IncomingMessage, Socket];
  socket.on("error", () => {}); // TLS reports it
  if (statusCode >= 200 && statusCode < 300) return socket;
  socket.destroy();
  const isLater = statusCode === 408 || statusCode === 429 || statusCode < 400 || statusCode >= 500;
  throw Object.assign(isLater ? new Error("proxy") : new ProxyRefusal(), { code: `PROXY_${statusCode}` });
}

/** The host of an origin, as sockets take it. */
function hostIn(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, "");
}
