import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Limiter } from "../../src/limiter.ts";
import { type SociomileSettings, createSociomile } from "../../src/sociomile/client.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { accepted } from "../support/outcomes.ts";
import { CREATED } from "./answers.ts";
import { HELPDESK, MANADO } from "./requests.ts";

/** A secret with characters that need quoting. */
export const SECRET = "key+of&the=tests/?% ü";

/** One whole request, exactly as it arrived. */
export interface Received {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: string;
  raw: string;
}

export interface Behaviour {
  /** Key and certificate for TLS; plain TCP without them. */
  certificate?: { key: string; cert: string } | undefined;
  /** Called for each connection, with TLS after the handshake. */
  onConnection?: (socket: Socket) => void;
  /** Called when the first bytes of a connection arrive. */
  onFirstBytes?: (socket: Socket) => void;
  /** Called for each whole request. `nth` counts from 1, over all connections. */
  onRequest?: (socket: Socket, nth: number) => void;
}

/** Answers requests with these bytes, in turn; the last ones serve for all that follow. */
export function answering(...answers: string[]): Behaviour {
  return { onRequest: (socket, nth) => socket.write(answers[Math.min(nth, answers.length) - 1]!) };
}

export type Vendor = Awaited<ReturnType<typeof startVendor>>;

/** Starts a server on a free port of loopback. It keeps every byte that it receives, and a test decides its behaviour. */
export async function startVendor({ certificate, onConnection, onFirstBytes, onRequest }: Behaviour = {}) {
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
    /** Whole requests, in order. */
    received,
    /** All received bytes, also of incomplete requests. */
    bytes: () => bytes,
    connections: () => connections,
    /** Resolves once no connection is open. */
    async allClosed() {
      await Promise.all(Array.from(open, (socket) => once(socket, "close")));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      if (server.listening) await once(server.close(), "close");
    },
  };
}

/** Finds the first whole request in `bytes`. Its body has a content-length, as every request of this service has. */
function firstRequest(bytes: Buffer): { request: Received; length: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [requestLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const pairs = lines.map((line) => /^(.*?): *(.*)$/.exec(line)!.slice(1));
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name!.toLowerCase(), value!]));
  const length = headEnd + 4 + Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return null;
  const [method = "", target = ""] = requestLine.split(" ");
  const body = bytes.subarray(headEnd + 4, length).toString("utf8");
  return { request: { method, target, headers, body, raw: bytes.toString("latin1", 0, length) }, length };
}

/** Writes an HTTP answer as bytes. Text stays as it is; anything else becomes JSON. */
export function http(status: number, body: unknown = CREATED, headers: Record<string, string> = {}): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const head = { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n${text}`;
}

const ticketIdOfNth = (nth: number) => `${CREATED.data.ticketId.slice(0, -2)}${10 + nth}`;
/** The nth answer of a vendor, and its outcome: each create has a ticket of its own. */
export const ofNth = (answer: string, nth: number) => answer.replace(CREATED.data.ticketId, ticketIdOfNth(nth));
export const acceptedAs = (nth: number) => accepted(ticketIdOfNth(nth), null, "32197");

/** Lets a client call the vendor once at a time. */
export const oneCall = () => new Limiter({ most: 1, waiting: 192 });

const SENDER = { clientId: "a-client", submissionId: "a-submission", answerBy: Infinity };

/** Opens the client under test with a distant deadline, so that a slow machine changes no outcome. A test about deadlines sets its own. */
export function openClient(baseUrl: string, settings: Partial<SociomileSettings> = {}) {
  const events: unknown[] = [];
  const client = createSociomile(
    {
      baseUrl,
      clientSecretKey: () => SECRET,
      proxyUrl: null,
      timeZone: MANADO,
      timeoutMs: 15_000,
      connectTimeoutMs: 10_000,
      keepAliveMs: 10_000,
      calls: new Limiter({ most: 8, waiting: 192 }),
      refusals: () => [],
      sendsTraceParent: false,
      ...settings,
    },
    (event, fields) => events.push({ event, ...fields }),
  );
  return {
    /** Events for operators. */
    events,
    send: async (request: TicketRequest = HELPDESK) =>
      (await client.send(request, { ...SENDER, decidedAt: performance.now() })).outcome,
    renewConnections: () => client.renewConnections(),
    certificates: client.certificates,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** Opens a client at a vendor of this behaviour, and shows both as one. */
export async function openDesk(behaviour: Behaviour, settings: Partial<SociomileSettings> = {}) {
  await using opening = new AsyncDisposableStack();
  const vendor = opening.use(await startVendor(behaviour));
  const client = opening.use(openClient(vendor.url, settings));
  const opened = opening.move();
  return { ...vendor, ...client, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
