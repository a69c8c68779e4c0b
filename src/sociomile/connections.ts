import { setImmediate } from "node:timers/promises";
import { Client } from "undici";

/** Most tickets that the answers on one connection may name. It bounds the ids that are kept. */
const MAX_TICKETS = 100;

interface Connection {
  readonly dispatcher: Client;
  /** Ids of the tickets that its answers named. */
  readonly ticketIds: Set<string>;
}

/**
 * Connections to Sociomile, each for one request at a time. HTTP/1.1 matches answers to requests by their order alone, so a doubled or late answer
 * would be read as the answer to the next request. The caller therefore decides after each answer whether its connection may
 * carry another request. undici's Pool does not reveal on which connection an answer came. At most `most` are kept while they wait for a request.
 */
export function createConnections(openClient: () => Client, most: number) {
  const open = new Set<Client>();
  const closing = new Set<Promise<void>>();
  /** Those that wait for a request. The newest stands last. */
  let idle: Connection[] = [];
  let isClosed = false;
  return {
    /** Returns a connection for one request: the one that was used last and on which nothing has arrived since its answer, or a new one. */
    async reuse(): Promise<Connection> {
      for (let connection = idle.pop(); connection; connection = idle.pop()) {
        // After a whole turn of the event loop undici has closed one with anything on it, such as an answer that nobody asked for.
        for (const _ of [1, 2]) await setImmediate();
        const { closed, destroyed } = connection.dispatcher;
        if (!closed && !destroyed) return connection;
      }
      return openNew();
    },
    openNew,
    /** Lets a connection carry another request. `ticketId`: named by its last answer. */
    keep(connection: Connection, ticketId: string): void {
      const { dispatcher, ticketIds } = connection;
      ticketIds.add(ticketId);
      if (dispatcher.closed || dispatcher.destroyed) return;
      if (ticketIds.size >= MAX_TICKETS) closeOne(dispatcher);
      else idle.push(connection);
    },
    /** Ends a connection, because an answer to its last request may still come. */
    end({ dispatcher }: Connection): void {
      closeOne(dispatcher);
      void dispatcher.destroy();
    },
    renew,
    /** Waits for requests under way, and closes all connections. */
    async close(): Promise<void> {
      isClosed = true;
      renew();
      await Promise.all(closing);
    },
  };

  function openNew(): Connection {
    if (open.size >= most) closeOne(idle.shift()?.dispatcher);
    const dispatcher = openClient();
    open.add(dispatcher);
    dispatcher.on("disconnect", () => closeOne(dispatcher));
    if (isClosed) closeOne(dispatcher);
    return { dispatcher, ticketIds: new Set() };
  }

  /** Closes all connections. Requests under way finish on them. */
  function renew(): void {
    for (const client of open) closeOne(client);
  }

  function closeOne(client: Client | undefined): void {
    if (client === undefined || !open.delete(client)) return;
    idle = idle.filter(({ dispatcher }) => dispatcher !== client);
    const closed = client
      .close()
      .catch(() => {}) // it was destroyed meanwhile
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }
}
