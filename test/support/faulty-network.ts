import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Direction of bytes: requests to the server, answers from it. */
export type Direction = "requests" | "answers";

/**
 * Fault of the connection of a message. `cutBefore`: the server never receives the message. `cutAfter`: the server executes
 * it, and the connection is reset before the answer. `loseAnswer`: the server executes it, and all later answers are lost.
 * `delayMs` and `delayAnswerMs`: the message, or its answer, waits for this time.
 */
export type MessageFault =
  "cutBefore" | "cutAfter" | "loseAnswer" | { delayMs: number } | { delayAnswerMs: number };

/** Reads the requests of one connection. Returns the messages that this chunk completes, as text. */
export type MessageReader = () => (chunk: Buffer) => string[];

interface Options {
  /** Port of the server on loopback. */
  port: number;
  /** Splits requests into messages, for faults of single messages. By default each chunk is a message, as in HTTP. */
  messages?: MessageReader;
}

/** TCP proxy on loopback whose faults a test controls. A fault affects the connections that are open at that moment. */
export class FaultyNetwork implements AsyncDisposable {
  /** Port of the proxy, unchanged for its whole life. */
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

  /** Starts a proxy on a free port below the ephemeral ports of the system, so that the port is still free after `refuse`. */
  static async to(options: Options): Promise<FaultyNetwork> {
    for (;;) {
      const own = 20_000 + Math.floor(Math.random() * 10_000);
      const server = createServer({ allowHalfOpen: true });
      const isTaken = await listening(server, own).then(
        () => false,
        () => true,
      );
      if (!isTaken) return new FaultyNetwork(options, server, own);
    }
  }

  /** Number of open connections, including the silently dead ones. */
  get connections(): number {
    return this.#links.size;
  }

  /** Passes new connections to another server. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** Holds back bytes for `ms` milliseconds, then delivers them. */
  stall(ms: number, directions: readonly Direction[] = ["requests", "answers"]): void {
    for (const link of this.#links) for (const direction of directions) link[direction].hold(ms);
  }

  /** Loses all further bytes of the open connections; neither end notices. `swallowNew`: new connections get no answer either. */
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

  /** Sends each answer of a kept connection again at the next request on it, until `recover`. For HTTP. */
  repeatAnswers(): void {
    this.#repeats = true;
  }

  /** Applies a fault to the next message that matches. Resolves at that message; never when `recover` comes first. */
  next(pattern: RegExp, fault: MessageFault): Promise<void> {
    return new Promise((met) => void this.#awaited.push({ pattern, fault, met }));
  }

  /** Accepts new connections again, without faults. Connections that a fault has hit stay as they are. */
  async recover(): Promise<void> {
    this.#swallows = false;
    this.#repeats = false;
    this.#trickleMs = 0;
    this.#awaited = [];
    if (!this.#server.listening) await listening(this.#server, this.port);
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

async function listening(server: Server, port: number): Promise<void> {
  await once(server.listen(port, "127.0.0.1"), "listening");
}

interface LinkHooks {
  trickleMs: () => number;
  repeats: () => boolean;
  /** Finds the fault for a message in this chunk of requests. */
  faultOf: (chunk: Buffer) => MessageFault | undefined;
}

/** One connection through the proxy. */
class Link {
  readonly requests: Lane;
  readonly answers: Lane;
  readonly #sockets: Socket[];
  /** Chunks of the answer to the last request. */
  #lastAnswer: Buffer[] = [];

  /** `server`: null when the connection leads nowhere. */
  constructor(client: Socket, server: Socket | null, { faultOf, trickleMs, repeats }: LinkHooks) {
    this.#sockets = server ? [client, server] : [client];
    this.requests = new Lane(client, server, {
      arrived: (chunk) => {
        if (repeats()) for (const old of this.#lastAnswer) client.write(old);
        this.#lastAnswer = [];
        return this.#suffer(faultOf(chunk));
      },
    });
    this.answers = new Lane(server, client, {
      arrived: (chunk) => {
        this.#lastAnswer.push(chunk);
        return true;
      },
      trickleMs,
    });
    for (const socket of this.#sockets) {
      socket.setNoDelay();
      socket.on("error", () => {
        if (!this.requests.isDead) this.cut("RST"); // a break on one side breaks the other side
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

  /** Returns false when the message must not be passed on. */
  #suffer(fault: MessageFault | undefined): boolean {
    if (fault === "cutBefore") this.cut("RST");
    else if (fault === "cutAfter") this.#sockets[1]?.once("data", () => this.cut("RST"));
    else if (fault === "loseAnswer") this.answers.silence();
    else if (fault && "delayMs" in fault) this.requests.hold(fault.delayMs);
    else if (fault) this.answers.hold(fault.delayAnswerMs);
    return fault !== "cutBefore";
  }
}

/** One direction of a connection. It passes chunks on in order. */
class Lane {
  #after: Promise<unknown> = Promise.resolve();
  #isDead = false;

  constructor(
    source: Socket | null,
    sink: Socket | null,
    { arrived, trickleMs = () => 0 }: { arrived: (chunk: Buffer) => boolean; trickleMs?: () => number },
  ) {
    source?.on("data", (chunk: Buffer) => {
      if (!arrived(chunk)) return;
      this.#then(async () => {
        const paceMs = trickleMs();
        if (paceMs === 0) sink?.write(chunk);
        else
          for (const byte of chunk) {
            sink?.write(Buffer.of(byte));
            await sleep(paceMs, undefined, { ref: false });
          }
      });
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

  /** Stops this direction: chunks, waiting chunks and the end of the connection no longer pass. */
  silence(): void {
    this.#isDead = true;
  }

  #then(work: () => unknown): void {
    this.#after = this.#after.then(() => (this.#isDead ? undefined : work()));
  }
}
