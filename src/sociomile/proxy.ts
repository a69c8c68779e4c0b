/**
 * The HTTP proxy on the way to Sociomile. undici's ProxyAgent is not used: it waits up to five minutes for the answer to CONNECT and keeps a
 * connection of the pool occupied meanwhile, it replaces methods of the handler that decides whether a request has started, and it cannot
 * open a connection without a request, as the probe of the circuit breaker must.
 */
import { once } from "node:events";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { type Socket, isIP } from "node:net";
import { type TLSSocket, connect as connectTls } from "node:tls";

export interface Proxy {
  /** Without credentials, so that no error can hold them. */
  origin: string;
  /** Headers for the proxy alone. */
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

/**
 * Opens a connection to an https origin through a proxy, up to and with the certificate, within `timeoutMs` milliseconds. Nothing of a
 * request has been sent then. Rejects with ProxyRefusal, or with the error of the network or of TLS.
 */
export async function connectThrough(proxy: Proxy, origin: string, timeoutMs: number): Promise<TLSSocket> {
  const { hostname, port } = new URL(origin);
  const host = hostIn(origin);
  const signal = AbortSignal.timeout(timeoutMs);
  const tunnel = await openTunnel(proxy, `${hostname}:${port || 443}`, signal);
  const socket = connectTls({
    socket: tunnel,
    host,
    servername: serverNameOf(host),
    ALPNProtocols: ["http/1.1"], // with streams, "has it been written?" would have another answer
  });
  try {
    await once(socket, "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). */
function openTunnel(proxy: Proxy, authority: string, signal: AbortSignal): Promise<Socket> {
  const request = proxy.origin.startsWith("https:") ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    request(proxy.origin, {
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...proxy.headers },
      servername: serverNameOf(hostIn(proxy.origin)), // Node would take it from the header Host, and that names Sociomile
      agent: false,
      signal,
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
export function hostIn(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, "");
}

/** The name to ask a server for, or empty text. An address is none (RFC 6066, section 3), and Node throws where it is one. */
export function serverNameOf(host: string): string {
  return isIP(host) === 0 ? host : "";
}
