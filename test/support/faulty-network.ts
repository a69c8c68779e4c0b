import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { type Direction, Link, type LinkHooks, type MessageFault } from "./faulty-link.ts";

export type { MessageFault };

/** Reader of one connection's requests: returns the messages that are complete with this chunk, as text. */
export type MessageReader = () => (chunk: Buffer) => string[];

interface Options {
  /** Port of loopback that connections are passed on to. */
  port: number;
  /** Needed for faults of single messages; by default each chunk is a message, which suits HTTP. */
  messages?: MessageReader;
}

/** TCP proxy on loopback that fails as it is told. Faults concern the connections that are open at that moment. */
export class FaultyNetwork implements AsyncDisposable {
  /** Port to connect to, for as long as the proxy lives. */
  readonly port: number;
  readonly #server: Server;
  readonly #messages: MessageReader;
  readonly #links = new Set<Link>();
  #target: number;
  #swallows = false;
  #repeats = false;
  #trickleMs = 0;
  #awaited: { pattern: RegExp; fault: MessageFault; met: () => void }[] = [];

  private constructor({ port, messages }: Options, server: Server, own: number) {
    this.#target = port;
    this.#messages = messages ?? (() => (chunk) => [chunk.toString("latin1")]);
    this.#server = server.on("connection", (socket) => this.#accept(socket));
    this.port = own;
  }

  /** Starts a proxy on a free port below those that systems give away themselves, so that it can be taken again after `refuse`. */
  static async to(options: Options): Promise<FaultyNetwork> {
    for (;;) {
      const own = 20_000 + Math.floor(Math.random() * 10_000);
      const server = createServer({ allowHalfOpen: true });
      const isTaken = await listenOn(server, own).then(
        () => false,
        () => true,
      );
      if (!isTaken) return new FaultyNetwork(options, server, own);
    }
  }

  /** Passes connections that are made from now on to another server. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** Holds back what comes for `ms` milliseconds, and delivers it then. */
  stall(ms: number, directions: readonly Direction[] = ["requests", "answers"]): void {
    for (const link of this.#links) for (const direction of directions) link[direction].hold(ms);
  }

  /** Loses all that comes on the open connections from now on, and tells neither end. `swallowNew`: new ones get no answer either. */
  blackhole({ swallowNew = false } = {}): void {
    for (const link of this.#links) link.silence();
    this.#swallows = swallowNew;
  }

  /** Ends the open connections: with RST, or with FIN. */
  cut(how: "RST" | "FIN" = "RST"): void {
    for (const link of this.#links) link.cut(how);
  }

  /** Refuses new connections, until `recover`. */
  refuse(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Lets one byte pass in `ms` milliseconds in answers, until `recover`. */
  trickle(ms: number): void {
    this.#trickleMs = ms;
  }

  /** Sends each answer of a kept connection a second time, when the next request comes on it, until `recover`. For HTTP. */
  repeatAnswers(): void {
    this.#repeats = true;
  }

  /** Does this to the next message that matches. Resolves when it has come; never when `recover` comes first. */
  next(pattern: RegExp, fault: MessageFault): Promise<void> {
    return new Promise((met) => void this.#awaited.push({ pattern, fault, met }));
  }

  /** Takes new connections again, and treats them well. What a fault did to open ones stays. */
  async recover(): Promise<void> {
    this.#swallows = false;
    this.#repeats = false;
    this.#trickleMs = 0;
    this.#awaited = [];
    if (!this.#server.listening) await listenOn(this.#server, this.port);
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
      trickleMs: () => this.#trickleMs,
      repeats: () => this.#repeats,
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

async function listenOn(server: Server, port: number): Promise<void> {
  await once(server.listen(port, "127.0.0.1"), "listening");
}
