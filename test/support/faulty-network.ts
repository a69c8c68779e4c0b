import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { CALM, type Direction, Link, type LinkHooks, type MessageFault } from "./faulty-link.ts";
import { listenOnFreePort } from "./free-port.ts";

export type { MessageFault };

/** Reader of one connection's requests. Returns the messages that this chunk completes, as text. */
export type MessageReader = () => (chunk: Buffer) => string[];

interface Options {
  port: number;
  /** Reader for faults of single messages. By default each chunk is a message, which suits HTTP. */
  messages?: MessageReader;
}

/** TCP proxy on loopback with faults that a test chooses. A fault affects the connections that are open at that moment. */
export class FaultyNetwork implements AsyncDisposable {
  readonly port: number;
  /** Faults of answers, which a test sets, until `recover`. */
  readonly weather = { ...CALM };
  readonly #server: Server;
  readonly #messages: MessageReader;
  readonly #links = new Set<Link>();
  #target: number;
  #swallows = false;
  #awaited: { pattern: RegExp; fault: MessageFault; met: () => void }[] = [];

  private constructor({ port, messages }: Options, server: Server, own: number) {
    this.#target = port;
    this.#messages = messages ?? (() => (chunk) => [chunk.toString("latin1")]);
    this.#server = server.on("connection", (socket) => this.#accept(socket));
    this.port = own;
  }

  /** Starts a proxy on a port that nobody takes during `refuse`. */
  static async to(options: Options): Promise<FaultyNetwork> {
    const server = createServer({ allowHalfOpen: true });
    return new FaultyNetwork(options, server, await listenOnFreePort(server));
  }

  retarget(port: number): void {
    this.#target = port;
  }

  /** Holds back all bytes for `ms` milliseconds, and delivers them then. */
  stall(ms: number, directions: readonly Direction[] = ["requests", "answers"]): void {
    for (const link of this.#links) for (const direction of directions) link[direction].hold(ms);
  }

  /** Loses all further bytes of the open connections, and tells neither end. `swallowNew`: new connections get no answer either. */
  blackhole({ swallowNew = false } = {}): void {
    for (const link of this.#links) link.silence();
    this.#swallows = swallowNew;
  }

  cut(how: "RST" | "FIN" = "RST"): void {
    for (const link of this.#links) link.cut(how);
  }

  /** Refuses new connections, until `recover`. */
  refuse(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Applies a fault to the next message that matches. Resolves when the message has come, or never if `recover` comes first. */
  next(pattern: RegExp, fault: MessageFault): Promise<void> {
    return new Promise((met) => void this.#awaited.push({ pattern, fault, met }));
  }

  /** Serves new connections without faults again. The effects on open connections stay. */
  async recover(): Promise<void> {
    this.#swallows = false;
    Object.assign(this.weather, CALM);
    this.#awaited = [];
    if (!this.#server.listening) await once(this.#server.listen(this.port, "127.0.0.1"), "listening");
  }

  #accept(client: Socket): void {
    if (this.#swallows) return void this.#links.add(new Link(client, null, this.#hooks()));
    const server = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
    const link = new Link(client, server, this.#hooks());
    this.#links.add(link);
    client.once("close", () => server.once("close", () => this.#links.delete(link)));
  }

  #hooks(): LinkHooks {
    const read = this.#messages();
    return {
      weather: this.weather,
      faultOf: (chunk) => {
        const messages = read(chunk);
        const index = this.#awaited.findIndex(({ pattern }) => messages.some((text) => pattern.test(text)));
        const [awaited] = index === -1 ? [] : this.#awaited.splice(index, 1);
        awaited?.met();
        return awaited?.fault;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.listening ? once(this.#server.close(), "close") : undefined;
    for (const link of this.#links) link.destroy();
    await closed;
  }
}
