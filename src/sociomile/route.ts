/**
 * The way to Sociomile. undici's ProxyAgent is not used: it waits up to five minutes for the answer to CONNECT, replaces methods
 * of the handler that decides whether a request has started, and cannot open a connection without a request, as the probe must.
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
  /** Address of the proxy, which may contain credentials; null: Sociomile is reached directly. */
  proxyUrl: string | null;
  connectTimeoutMs: number;
}

type Connect = buildConnector.connector;

/** Largest size of an answer that is read, in bytes. */
export const MAX_ANSWER_BYTES = 256 * 1024;
/** Length from which the head of an interim answer is given to undici, which refuses it. */
const MAX_HEAD_LENGTH = 16 * 1024;
/** Start of interim answers, and of 101, which is none. */
const INTERIM = "HTTP/1.1 10";

/** The way to Sociomile: direct, or through a proxy's tunnel. Plain http leads to this machine alone, which needs no proxy. */
export function createRoute({ baseUrl, proxyUrl, connectTimeoutMs }: RouteSettings) {
  const { origin, host, protocol, port } = new URL(baseUrl);
  // One connector for all connections, so that they share TLS sessions.
  const direct = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  const isTunnel = proxyUrl !== null && protocol === "https:";
  const connector = isTunnel ? createTunnelConnector(proxyUrl, baseUrl, connectTimeoutMs) : direct;
  let end: Date | null = null;
  const connect: Connect = (options, callback) =>
    connector(options, (...connected) => {
      const [, socket] = connected;
      if (socket) skipInterim(socket);
      if (socket instanceof TLSSocket) end = socket.getPeerX509Certificate()?.validToDate ?? end;
      callback(...connected);
    });
  return {
    /** Makes a client that opens a connection for its first request. `timeoutMs`: longest time of a request. */
    openClient: (timeoutMs: number, keepAliveMs?: number) =>
      new Client(origin, {
        connect,
        ...(keepAliveMs && { keepAliveTimeout: keepAliveMs, keepAliveMaxTimeout: keepAliveMs }),
        // exchange.ts has the deadline. undici's timers are coarse and serve only as a second line.
        headersTimeout: timeoutMs * 2,
        bodyTimeout: timeoutMs * 2,
        maxResponseSize: MAX_ANSWER_BYTES,
        allowH2: false, // with HTTP/2 streams `started` (exchange.ts) would not be certain
      }),
    /** Opens and closes a connection, with its certificate. Sends no request. Resolves with what prevented it. Never rejects. */
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

/**
 * Skips interim answers (RFC 9110, section 15.2): undici treats a 100 as a fault, and an opened ticket would be a doubt. They may
 * arrive in pieces. Once the answer has begun, nothing is skipped until more is written: it may contain the same text.
 */
function skipInterim(socket: Socket): void {
  const read = socket.read.bind(socket) as () => Buffer | null;
  let [head, answeredAt] = ["", -1];
  socket.read = (): Buffer | null => {
    const bytes = read();
    if (bytes === null || socket.bytesWritten === answeredAt) return bytes;
    head = (head + bytes.toString("latin1")).replace(/^(?:HTTP\/1\.1 10[02-9].*?\r\n\r\n)+/s, "");
    const mayBeInterim = INTERIM.startsWith(head.slice(0, INTERIM.length)) && head[INTERIM.length] !== "1";
    if (mayBeInterim && head.length < MAX_HEAD_LENGTH) return socket.read() as Buffer | null;
    const answer = Buffer.from(head, "latin1");
    [head, answeredAt] = ["", socket.bytesWritten];
    return answer;
  };
}

/** Reads the address of a proxy. Credentials (RFC 7617) stand apart, so that no error can contain them. */
export function proxyAt(url: string): { origin: string; headers: Readonly<Record<string, string>> } {
  const { origin, username, password } = new URL(url);
  if (username === "" && password === "") return { origin, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const encoded = Buffer.from(credentials).toString("base64");
  return { origin, headers: { "proxy-authorization": `Basic ${encoded}` } };
}

/** Answer of a proxy that refuses the way for good, such as 407 or 403: no later try will be answered otherwise. */
export class ProxyRefusal extends Error {}

/** Opens TLS within a tunnel, in the time that the tunnel has left. */
function createTunnelConnector(proxyUrl: string, baseUrl: string, timeoutMs: number): Connect {
  return (options, callback) => {
    const until = performance.now() + timeoutMs;
    callbackify(openTunnel)(proxyUrl, baseUrl, timeoutMs, (error, httpSocket) => {
      if (error) return callback(error, null);
      const timeout = Math.max(1, until - performance.now());
      buildConnector({ timeout, allowH2: false })({ ...options, httpSocket }, callback);
    });
  };
}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). */
async function openTunnel(proxyUrl: string, baseUrl: string, timeoutMs: number): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const authority = `${hostname}:${port || 443}`;
  const { origin, headers } = proxyAt(proxyUrl);
  const proxyHost = hostIn(origin);
  const request = origin.startsWith("https:") ? requestSecure : requestPlain;
  const asking = request(origin, {
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...headers },
    // Node would use the name of the header Host, which is Sociomile's. An address is not a name (RFC 6066, section 3).
    servername: isIP(proxyHost) === 0 ? proxyHost : "",
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  });
  asking.on("error", () => {}).end(); // the time may also be over after the answer
  const [{ statusCode = 0 }, socket] = (await once(asking, "connect")) as [IncomingMessage, Socket];
  socket.on("error", () => {}); // TLS reports it
  if (statusCode >= 200 && statusCode < 300) return socket;
  socket.destroy();
  const isLater = statusCode === 408 || statusCode === 429 || statusCode < 400 || statusCode >= 500;
  throw Object.assign(isLater ? new Error("proxy") : new ProxyRefusal(), { code: `PROXY_${statusCode}` });
}

/** Returns the host of an origin, without the brackets of an IPv6 address. */
function hostIn(origin: string): string {
  return new URL(origin).hostname.replace(/^\[|\]$/g, "");
}
