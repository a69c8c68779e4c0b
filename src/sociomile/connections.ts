import { Client } from "undici";

/** Most tickets that one connection may tell. It bounds the ids that are kept of it. */
const MAX_TICKETS = 100;

/** A connection to Sociomile. It carries one request at a time. */
export interface Connection {
  readonly dispatcher: Client;
  /** Ids of the tickets that its answers have told. */
  readonly ticketIds: Set<string>;
}

/**
 * Connections to Sociomile, each for one request at a time. HTTP/1.1 matches answers to requests by their order alone, so a doubled or late answer
 * would be read as the answer to the next request. The caller therefore decides after each answer whether its connection may
 * carry another request. undici's Pool cannot tell on which connection an answer came.
 */
export class Connections {
  readonly #openClient: () => Client;
  readonly #most: number;
  readonly #open = new Set<Client>();
  readonly #closing = new Set<Promise<void>>();
  /** Those that wait for a request. The newest stands last. */
  readonly #idle: Connection[] = [];
  #isClosed = false;

  /** Keeps at most `most` connections while they wait for a request. */
  constructor(openClient: () => Client, most: number) {
    this.#openClient = openClient;
    this.#most = most;
  }

  /** Returns a connection for one request: the one that was used last, or a new one. */
  reuse(): Connection {
    return this.#idle.pop() ?? this.openNew();
  }

  /** Returns a connection that has carried nothing. */
  openNew(): Connection {
    if (this.#open.size >= this.#most) this.#close(this.#idle.shift()?.dispatcher);
    const dispatcher = this.#openClient();
    this.#open.add(dispatcher);
    dispatcher.on("disconnect", () => this.#close(dispatcher));
    if (this.#isClosed) this.#close(dispatcher);
    return { dispatcher, ticketIds: new Set() };
  }

  keep(connection: Connection): void {
    const { dispatcher, ticketIds } = connection;
    if (dispatcher.closed || dispatcher.destroyed) return;
    if (ticketIds.size >= MAX_TICKETS) this.#close(dispatcher);
    else this.#idle.push(connection);
  }

  /** Ends a connection, because an answer to its last request may still come. */
  end({ dispatcher }: Connection): void {
    this.#close(dispatcher);
    void dispatcher.destroy();
  }

  /** Closes all connections. Requests under way finish on them. */
  renew(): void {
    for (const client of this.#open) this.#close(client);
  }

  /** Waits for requests under way, and closes all connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.renew();
    await Promise.all(this.#closing);
  }

  #close(client: Client | undefined): void {
    if (client === undefined || !this.#open.delete(client)) return;
    const index = this.#idle.findIndex(({ dispatcher }) => dispatcher === client);
    if (index !== -1) this.#idle.splice(index, 1);
    const closed = client
      .close()
      .catch(() => {}) // it was destroyed meanwhile
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
