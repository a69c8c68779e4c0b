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

type Connect = buildConnector.connector;

export type Route = ReturnType<typeof routeTo>;

/** The way to Sociomile: direct, through a tunnel (https), or by a proxy that forwards each request (plain http). */
export function routeTo({ baseUrl, proxyUrl, connectTimeoutMs }: RouteSettings) {
  const vendor = new URL(baseUrl);
  const proxy = proxyUrl === null ? null : proxyAt(proxyUrl);
  const forwarding = vendor.protocol === "http:" ? proxy : null;
  const { origin, host, protocol, port } = forwarding ? new URL(forwarding.origin) : vendor;
  const hostname = hostIn(origin);
  // One connector for all connections, so that they share TLS sessions.
  const direct = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  // undici would take the name for a proxy's certificate from the header Host, and that names Sociomile.
  const toProxy: Connect = (options, callback) =>
    direct({ ...options, servername: serverNameOf(hostname) }, callback);
  const connector = forwarding ? toProxy : proxy ? tunnelThrough(proxy, vendor, connectTimeoutMs) : direct;
  let certificateEnd: Date | null = null;
  const connect: Connect = (options, callback) =>
    connector(options, (...connected) => {
      const [, socket] = connected;
      if (socket instanceof TLSSocket)
        certificateEnd = socket.getPeerX509Certificate()?.validToDate ?? certificateEnd;
      callback(...connected);
    });
  return {
    openClient: (options: Client.Options) => new Client(origin, { ...options, connect }),
    /** Text before the path of a request, and headers, that this way needs. */
    target: forwarding ? vendor.origin : "",
    headers: forwarding && { host: vendor.host, ...forwarding.headers },
    /** True when a proxy reads each request and each answer, and may answer in Sociomile's place. */
    isForwarded: forwarding !== null,
    /** Opens and closes a connection, up to and with the certificate. Sends no request, and never rejects. */
    canConnect: () =>
      new Promise<"yes" | "no" | "certificate invalid">((resolve) =>
        connect({ hostname, host, protocol, port }, (error, socket) => {
          socket?.destroy();
          resolve(!error ? "yes" : isCertificateError(error) ? "certificate invalid" : "no");
        }),
      ),
    /** End of the certificate that the last new connection showed, by the setting that names its host. Empty: none showed one. */
    get certificates() {
      const setting = forwarding ? "SOCIOMILE_PROXY_URL" : "SOCIOMILE_BASE_URL";
      return certificateEnd ? [{ setting, position: 1, end: certificateEnd }] : [];
    },
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

/** Opens TLS within a tunnel, in the time that the tunnel has left. */
function tunnelThrough(proxy: Proxy, vendor: URL, timeoutMs: number): Connect {
  return (options, callback) => {
    const until = performance.now() + timeoutMs;
    callbackify(openTunnel)(proxy, vendor, timeoutMs, (error, httpSocket) => {
      if (error) return callback(error, null);
      const timeout = Math.max(1, until - performance.now());
      buildConnector({ timeout, allowH2: false })({ ...options, httpSocket }, callback);
    });
  };
}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). */
function openTunnel(proxy: Proxy, vendor: URL, timeoutMs: number): Promise<Socket> {
  const authority = `${vendor.hostname}:${vendor.port || 443}`;
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
