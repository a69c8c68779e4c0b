import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { SociomileDesk, type SociomileSettings } from "../../src/sociomile/client.ts";
import type { DeskAnswer } from "../../src/tickets/outcome.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { CREATED } from "./answers.ts";
import { HELPDESK, MANADO } from "./requests.ts";

/** A secret that would not survive careless quoting. */
export const SECRET = "key+of&the=tests/?% ü";

/** One request, whole, exactly as it came. */
export interface Received {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: string;
  raw: string;
}

export interface Behaviour {
  /** Speaks TLS with this. */
  certificate?: { key: string; cert: string };
  /** Somebody has connected; with TLS, has shaken hands. */
  onConnection?: (socket: Socket) => void;
  /** The first bytes on a connection are here. */
  onFirstBytes?: (socket: Socket) => void;
  /** A whole request is here; `nth` counts from 1, over all connections. */
  onRequest?: (socket: Socket, nth: number) => void;
}

/** A server on a free port of loopback that keeps every byte it gets and does as a test tells it. */
export interface Vendor extends AsyncDisposable {
  port: number;
  url: string;
  /** Whole requests, in order. */
  received: Received[];
  /** Everything that came, whole requests or not. */
  bytes: () => number;
  connections: () => number;
  /** Resolves once no connection is open. */
  allClosed: () => Promise<void>;
}

export async function startVendor({
  certificate,
  onConnection,
  onFirstBytes,
  onRequest,
}: Behaviour = {}): Promise<Vendor> {
  const received: Received[] = [];
  const open = new Set<Socket>();
  let bytes = 0;
  let connections = 0;

  const accept = (socket: Socket): void => {
    connections += 1;
    open.add(socket);
    socket.once("close", () => open.delete(socket)).on("error", () => {});
    let pending = Buffer.alloc(0);
    socket.once("data", () => onFirstBytes?.(socket));
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      pending = Buffer.concat([pending, chunk]);
      for (let next = firstRequest(pending); next; next = firstRequest(pending)) {
        pending = pending.subarray(next.length);
        received.push(next.request);
        onRequest?.(socket, received.length);
      }
    });
    onConnection?.(socket);
  };
  const server: Server = certificate
    ? createTlsServer(certificate, accept).on("tlsClientError", () => {})
    : createServer(accept);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `${certificate ? "https" : "http"}://127.0.0.1:${port}`,
    received,
    bytes: () => bytes,
    connections: () => connections,
    async allClosed() {
      await Promise.all(Array.from(open, (socket) => once(socket, "close")));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      if (server.listening) await once(server.close(), "close");
    },
  };
}

/** The first whole request in `bytes`; its body has a content-length, as everything of ours has. */
function firstRequest(bytes: Buffer): { request: Received; length: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [requestLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const length = headEnd + 4 + Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return null;
  const [method = "", target = ""] = requestLine.split(" ");
  const body = bytes.subarray(headEnd + 4, length).toString("utf8");
  return { request: { method, target, headers, body, raw: bytes.toString("latin1", 0, length) }, length };
}

/** An HTTP answer as bytes. Text goes as it is, anything else as JSON. */
export function http(status: number, body: unknown = CREATED, headers: Record<string, string> = {}): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const head = { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n${text}`;
}

/** The desk under test, with its door to the vendor and what it told the operators. */
export interface Desk extends AsyncDisposable {
  send: (request?: TicketRequest) => Promise<DeskAnswer>;
  renewConnections: () => void;
  events: unknown[];
}

/** The deadline is far off unless a test is about it: a slow machine must not change an outcome. */
export function openDesk(baseUrl: string, settings: Partial<SociomileSettings> = {}): Desk {
  const events: unknown[] = [];
  const desk = new SociomileDesk(
    {
      baseUrl,
      clientSecretKey: () => SECRET,
      proxyUrl: null,
      timeZone: MANADO,
      timeoutMs: 15_000,
      connectTimeoutMs: 10_000,
      keepAliveMs: 10_000,
      maxConcurrent: 8,
      ...settings,
    },
    (event, fields) => events.push({ event, ...fields }),
  );
  return {
    events,
    send: async (request = HELPDESK) =>
      (await desk.send(request, { clientId: "a-client", decidedAt: performance.now(), answerBy: Infinity }))
        .answer,
    renewConnections: () => desk.renewConnections(),
    [Symbol.asyncDispose]: () => desk.close(),
  };
}
