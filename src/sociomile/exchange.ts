/** One HTTP exchange with Sociomile at a time on each connection, and the connections that may carry another one. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Client, type Dispatcher, errors } from "undici";
import { isCertificateError } from "../errors.ts";
import { ProxyRefusal } from "./route.ts";

/** An HTTP answer with its whole body; null when the body is too large to be read. */
export interface WireAnswer {
  status: number;
  retryAfter: string | undefined;
  contentType?: string | undefined;
  body: Uint8Array | null;
}

/** Most pieces of an answer that is read. Each needs memory of its own. */
const MAX_PIECES = 8192;

type Cause = "deadline" | "connection" | "certificate" | "proxy" | "late";

/** End of one HTTP exchange. `started` alone decides about retries: a byte may have left. Error codes do not reveal it. */
export type Exchange = { ended: "answered"; answer: WireAnswer } | { ended: "failed"; started: boolean; cause: Cause };

export interface Message {
  path: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Posts JSON, and resolves with the end of the exchange. Never rejects. `deadlineMs`: its longest time; `startBy`:
 * monotonic time after which the first byte must not leave. The dispatcher bounds the size of the answer.
 */
export function post(dispatcher: Dispatcher, message: Message, deadlineMs: number, startBy: number): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let isOver = false;
  let started = false;
  let controller: Dispatcher.DispatchController | undefined;
  let answer: Omit<WireAnswer, "body">;
  const chunks: Buffer[] = [];
  // Waits for one more iteration of the event loop, so that a suspended process first reads an answer that has arrived.
  const timer = setTimeout(() => setImmediate(giveUp), deadlineMs);
  const fail = (cause: Cause) => end({ ended: "failed", started, cause });
  const succeed = (body: Buffer | null) => end({ ended: "answered", answer: { ...answer, body } });

  dispatcher.dispatch(
    {
      ...message,
      method: "POST",
      headers: { ...message.headers, "content-type": "application/json", accept: "application/json" },
    },
    {
      /** Runs just before the request is written. Stops it when it is over, or after a suspension of this process. */
      onRequestStart(its) {
        if (performance.now() > startBy) fail("late");
        if (isOver) return its.abort(new Error("Given up before it was sent"));
        started = true;
        controller = its;
      },
      onResponseStart(_, status, { "retry-after": retryAfter, "content-type": contentType }) {
        answer = { status, retryAfter: [retryAfter].flat()[0], contentType: [contentType].flat()[0] };
      },
      onResponseData(its, chunk) {
        if (chunks.push(chunk) <= MAX_PIECES) return;
        succeed(null);
        its.abort(new Error("The answer has too many pieces"));
      },
      onResponseEnd: () => succeed(Buffer.concat(chunks)),
      onResponseError(_, error) {
        if (error instanceof errors.ResponseExceededMaxSizeError) succeed(null);
        else if (error instanceof ProxyRefusal) fail("proxy");
        else fail(isCertificateError(error) ? "certificate" : "connection");
      },
    },
  );
  return promise;

  function giveUp(): void {
    if (isOver) return;
    fail("deadline");
    controller?.abort(new Error("Given up")); // an answer may still arrive on this connection
  }

  function end(exchange: Exchange): void {
    isOver = true;
    clearTimeout(timer);
    resolve(exchange); // the first end counts
  }
}

/** Most tickets that the answers on one connection may name. It bounds the ids that are kept. */
const MAX_TICKETS = 100;

/**
 * Connections to Sociomile, each for one request at a time. HTTP/1.1 matches answers to requests by order alone, so a doubled or
 * late answer would answer the next request. The caller decides after each answer whether its connection may carry another one;
 * undici's Pool does not reveal which it was. At most `most` are kept idle.
 */
export function createConnections(openClient: () => Client, most: number) {
  const open = new Set<Client>();
  /** Ids of the tickets that the answers on a connection named, also on one that was closed meanwhile. */
  const ticketsOf = new WeakMap<Client, Set<string>>();
  const closing = new Set<Promise<void>>();
  /** Those that wait for a request. The newest stands last. */
  let idle: Client[] = [];
  let isClosed = false;
  return {
    /** Returns a connection for one request: the last used one on which nothing has arrived since its answer, or a new one. */
    async reuse(): Promise<Client> {
      for (let client = idle.pop(); client; client = idle.pop()) {
        // One iteration later undici has closed a connection with anything on it, such as an answer that nobody asked for.
        for (const _ of [1, 2]) await nextTurn();
        if (!client.closed && !client.destroyed) return client;
      }
      return openNew();
    },
    openNew,
    /**
     * Lets a connection carry another request after an answer that named a ticket. False: it had named that ticket before, so
     * this was a doubled answer, and the caller ends the connection.
     */
    keep(client: Client, ticketId: string): boolean {
      const ticketIds = ticketsOf.get(client)!;
      if (ticketIds.has(ticketId)) return false;
      if (ticketIds.add(ticketId).size >= MAX_TICKETS) closeOne(client);
      else if (!client.closed && !client.destroyed) idle.push(client);
      return true;
    },
    end,
    renew,
    /** Waits for requests under way, and closes all connections. */
    async close(): Promise<void> {
      isClosed = true;
      renew();
      await Promise.all(closing);
    },
  };

  function openNew(): Client {
    if (open.size >= most) closeOne(idle.shift());
    const client = openClient();
    open.add(client);
    ticketsOf.set(client, new Set());
    client.on("disconnect", () => closeOne(client));
    if (isClosed) closeOne(client);
    return client;
  }

  /** Ends a connection, because an answer to its last request may still come. */
  function end(client: Client): void {
    closeOne(client);
    void client.destroy();
  }

  /** Closes all connections. Requests under way finish on them. */
  function renew(): void {
    for (const client of open) closeOne(client);
  }

  function closeOne(client: Client | undefined): void {
    if (client === undefined || !open.delete(client)) return;
    idle = idle.filter((each) => each !== client);
    const closed = client
      .close()
      .catch(() => {}) // it was destroyed meanwhile
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }
}
