/**
 * The way to Sociomile. undici's ProxyAgent is not used: it waits up to five minutes for the answer to CONNECT and keeps a connection of the pool
 * occupied meanwhile, it replaces methods of the handler that decides whether a request has started, and it cannot open a connection without a
 * request, as the probe of the circuit breaker must.
 */
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { type Socket, isIP } from "node:net";
import { TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { Client, buildConnector } from "undici";
import { isCertificateError } from "../telemetry/certificate-error.ts";

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
  const tunnel: Connect = (options, callback) => {
    const until = performance.now() + connectTimeoutMs;
    callbackify(openTunnel)(proxy, baseUrl, connectTimeoutMs, (error, httpSocket) => {
      if (error) return callback(error, null);
      const timeout = Math.max(1, until - performance.now());
      buildConnector({ timeout, allowH2: false })({ ...options, httpSocket }, callback);
    });
  };
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

export interface Proxy {
  /** Without credentials, so that no error can hold them. */
  origin: string;
  headers: Readonly<Record<string, string>>;
}

/** Reads the address of a proxy, with or without credentials (RFC 7617). */
export function proxyAt(url: string): Proxy {
  const { origin, username, password } = new URL(url);
  if (username === "" && password === "") return { origin, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    origin,
    headers: { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` },
  };
}

/** Answer of a proxy that refuses the way for good, such as 407 or 403: no later try will be answered otherwise. */
export class ProxyRefusal extends Error {}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). */
function openTunnel(proxy: Proxy, baseUrl: string, timeoutMs: number): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const authority = `${hostname}:${port || 443}`;
  const request = proxy.origin.startsWith("https:") ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    request(proxy.origin, {
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...proxy.headers },
      servername: serverNameOf(hostIn(proxy.origin)), // Node would take it from the header Host, and that names Sociomile
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    })
      .once("connect", ({ statusCode = 0 }, socket: Socket) => {
        socket.on("error", () => {}); // TLS reports it
        if (statusCode >= 200 && statusCode < 300) return resolve(socket);
        socket.destroy();
        reject(isRefusal(statusCode) ? new ProxyRefusal() : new Error("The proxy opens no tunnel now"));
      })
      .on("error", reject)
      .end();
  });
}

/** 408 and 429 ask for a later try. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The host of an origin, as sockets take it. */
function hostIn(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, "");
}

/** The name to ask a server for, or empty text. An address is none (RFC 6066, section 3), and Node throws where it is one. */
function serverNameOf(host: string): string {
  return isIP(host) === 0 ? host : "";
}
