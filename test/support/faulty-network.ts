import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { listenOnFreePort } from "./free-port.ts";

/** Direction of bytes: `requests` go to the server, `answers` come from it. */
type Direction = "requests" | "answers";

/**
 * Fault of the connection on which a message comes. `cutBefore`: the server never gets the message. `cutAfter`: the server executes
 * it, and then the connection is reset without an answer. `loseAnswer`: the server executes it, and no answer comes any more.
 * `delayMs` and `delayAnswerMs`: the message, or its answer, waits for so long.
 */
export type MessageFault = "cutBefore" | "cutAfter" | "loseAnswer" | { delayMs: number } | { delayAnswerMs: number };

class Link {
  readonly requests: Lane;
  readonly answers: Lane;
  readonly #sockets: Socket[];

  /** `server`: null when the proxy passes nothing on. `faultOf`: fault that is meant for a message in this chunk. */
  constructor(client: Socket, server: Socket | null, faultOf: (chunk: Buffer) => MessageFault | undefined) {
    this.#sockets = server ? [client, server] : [client];
    this.requests = new Lane(client, server, (chunk) => this.#suffer(faultOf(chunk)));
    this.answers = new Lane(server, client, () => true);
    for (const socket of this.#sockets) {
      socket.setNoDelay();
      socket.on("error", () => {
        if (!this.requests.isDead) this.cut("RST"); // one side has broken, so the other breaks too
      });
    }
  }

  silence(): void {
    this.requests.silence();
    this.answers.silence();
  }

  cut(how: "RST" | "FIN"): void {
    for (const socket of this.#sockets) {
      if (how === "RST") socket.resetAndDestroy();
      else socket.end();
    }
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #suffer(fault: MessageFault | undefined): boolean {
    if (fault === "cutBefore") this.cut("RST");
    else if (fault === "cutAfter") this.#sockets[1]?.once("data", () => this.cut("RST"));
    else if (fault === "loseAnswer") this.answers.silence();
    else if (fault && "delayMs" in fault) this.requests.hold(fault.delayMs);
    else if (fault) this.answers.hold(fault.delayAnswerMs);
    return fault !== "cutBefore";
  }
}

/** One direction of a connection. Chunks go on in the order in which they come. */
class Lane {
  #after: Promise<unknown> = Promise.resolve();
  #isDead = false;

  /** `passes`: called with each chunk; false when it must not go on. */
  constructor(source: Socket | null, sink: Socket | null, passes: (chunk: Buffer) => boolean) {
    source?.on("data", (chunk: Buffer) => {
      if (passes(chunk)) this.#then(() => sink?.write(chunk));
    });
    source?.on("end", () => this.#then(() => sink?.end()));
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  hold(ms: number): void {
    const until = performance.now() + ms;
    this.#then(() => sleep(Math.max(0, until - performance.now()), undefined, { ref: false }));
  }

  /** Passes nothing any more: no waiting chunks, and no close of either end. */
  silence(): void {
    this.#isDead = true;
  }

  #then(work: () => unknown): void {
    this.#after = this.#after.then(() => (this.#isDead ? undefined : work()));
  }
}

/** Reader of one connection's requests. Returns the messages that this chunk completes, as text. */
export type MessageReader = () => (chunk: Buffer) => string[];

interface Options {
  port: number;
  /** Reader for faults of single messages. By default each chunk is a message, which suits HTTP. */
  messages?: MessageReader;
}

/** TCP proxy on loopback with faults that a test chooses. A fault affects the connections that are open then. */
export class FaultyNetwork implements AsyncDisposable {
  readonly port: number;
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
    this.#awaited = [];
    if (!this.#server.listening) await once(this.#server.listen(this.port, "127.0.0.1"), "listening");
  }

  #accept(client: Socket): void {
    if (this.#swallows) return void this.#links.add(new Link(client, null, this.#faultsOf()));
    const server = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
    const link = new Link(client, server, this.#faultsOf());
    this.#links.add(link);
    client.once("close", () => server.once("close", () => this.#links.delete(link)));
  }

  #faultsOf(): (chunk: Buffer) => MessageFault | undefined {
    const read = this.#messages();
    return (chunk) => {
      const messages = read(chunk);
      const index = this.#awaited.findIndex(({ pattern }) => messages.some((text) => pattern.test(text)));
      const [awaited] = index === -1 ? [] : this.#awaited.splice(index, 1);
      awaited?.met();
      return awaited?.fault;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.listening ? once(this.#server.close(), "close") : undefined;
    for (const link of this.#links) link.destroy();
    await closed;
  }
}
