import { once } from "node:events";
import { type Socket, connect } from "node:net";

/** One request. */
export interface Post {
  path: string;
  /** JSON text. */
  body: string;
}

export interface HttpAnswer {
  status: number;
  /** Status line and headers, unchanged. */
  head: string;
  body: string;
}

/**
 * A connection that posts JSON, one request at a time. It uses the socket, because the driver shares a core with the
 * sandbox and must cost less than the fastest target. It understands only the HTTP of the targets.
 */
export interface Connection {
  /** Posts, and returns the body of the answer. Rejects when the answer is not a 200 with a length. */
  post(request: Post): Promise<string>;
  /** Posts, and returns any answer. Rejects when it has no length. */
  exchange(request: Post): Promise<HttpAnswer>;
  close(): void;
}

/** Longest wait for an answer. Milliseconds. */
const TIMEOUT_MS = 30_000;

/** Opens a connection to `origin`. Every request has `headers`. */
export async function openConnection(
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<Connection> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  const lines = { host, "content-type": "application/json", ...headers };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  const exchange: Connection["exchange"] = ({ path, body }) => {
    const answer = nextAnswer(socket);
    const length = Buffer.byteLength(body);
    socket.write(`POST ${path} HTTP/1.1\r\n${head.join("")}content-length: ${length}\r\n\r\n${body}`);
    return answer;
  };
  return {
    exchange,
    async post(request) {
      const { status, head: answered, body } = await exchange(request);
      if (status !== 200) throw new Error(`Not a right answer: ${answered}`);
      return body;
    },
    close: () => socket.destroy(),
  };
}

function nextAnswer(socket: Socket): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  let received: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      const answer = wholeAnswer(received);
      if (answer !== null) resolve(answer);
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

/** Returns the answer when all of it has arrived; null before. Throws when the answer has no length. */
function wholeAnswer(received: Buffer): HttpAnswer | null {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = received.toString("latin1", 0, headEnd);
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`Not a right answer: ${head}`);
  const bodyStart = headEnd + 4;
  if (received.length < bodyStart + Number(length)) return null;
  const body = received.toString("utf8", bodyStart, bodyStart + Number(length));
  return { status: Number(head.split(" ", 2)[1]), head, body };
}
