import { once } from "node:events";
import { type Socket, connect } from "node:net";

/** One request, ready to be sent. */
export interface Post {
  path: string;
  /** JSON text. */
  body: string;
}

/**
 * A connection that posts JSON, one request at a time. Written on the socket, because the driver shares a core with the
 * vendor's stand-in and has to cost less than the fastest target; so it understands what the targets say, and no more HTTP.
 */
export interface Connection {
  /** The body of the answer. Rejects when it is not a 200 with a length. */
  post(request: Post): Promise<string>;
  close(): void;
}

/** Milliseconds after which an answer is given up. */
const TIMEOUT_MS = 30_000;

/** Opens a connection to `origin`; `headers` go along with every request. */
export async function openConnection(
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<Connection> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  const lines = { host, "content-type": "application/json", ...headers };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    post({ path, body }) {
      const answer = nextAnswer(socket);
      const length = Buffer.byteLength(body);
      socket.write(`POST ${path} HTTP/1.1\r\n${head.join("")}content-length: ${length}\r\n\r\n${body}`);
      return answer;
    },
    close: () => socket.destroy(),
  };
}

function nextAnswer(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let received: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      const body = wholeBody(received);
      if (body !== null) resolve(body);
    } catch (error) {
      reject(error);
    }
  };
  const broken = () => reject(new Error("The connection broke, or nothing came in time"));
  socket.setTimeout(TIMEOUT_MS);
  socket.on("data", read).on("close", broken).on("timeout", broken).on("error", broken);
  return promise.finally(() => {
    socket.off("data", read).off("close", broken).off("timeout", broken).off("error", broken);
  });
}

/** The body once all of it is here; null before. Throws when it is not what a right answer looks like. */
function wholeBody(received: Buffer): string | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = received.toString("latin1", 0, headEnd);
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (!head.startsWith("HTTP/1.1 200 ") || length === undefined)
    throw new Error(`Not a right answer: ${head}`);
  const bodyStart = headEnd + 4;
  if (received.length < bodyStart + Number(length)) return null;
  return received.toString("utf8", bodyStart, bodyStart + Number(length));
}
