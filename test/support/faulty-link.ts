import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Direction of bytes: `requests` go to the server, `answers` come from it. */
export type Direction = "requests" | "answers";

/**
 * Fault of the connection on which a message comes. `cutBefore`: the server never gets the message. `cutAfter`: the server executes
 * it, and then the connection is reset without an answer. `loseAnswer`: the server executes it, and no answer comes any more.
 * `delayMs` and `delayAnswerMs`: the message, or its answer, waits for so long.
 */
export type MessageFault =
  "cutBefore" | "cutAfter" | "loseAnswer" | { delayMs: number } | { delayAnswerMs: number };

/**
 * Faults that last until the proxy recovers. Times are milliseconds: of each byte of an answer, and of each of its chunks. `repeats`: each answer
 * of a kept connection comes again when the next request comes. For HTTP.
 */
export interface Weather {
  trickleMs: number;
  lagMs: number;
  repeats: boolean;
}

export const CALM: Weather = { trickleMs: 0, lagMs: 0, repeats: false };

export interface LinkHooks {
  weather: Weather;
  /** Fault that is meant for a message in this chunk of requests. */
  faultOf: (chunk: Buffer) => MessageFault | undefined;
}

/** One connection through the proxy of faulty-network.ts. */
export class Link {
  readonly requests: Lane;
  readonly answers: Lane;
  readonly #sockets: Socket[];
  /** Chunks of the answer to the last request. */
  #lastAnswer: Buffer[] = [];

  /** `server`: null when the proxy passes nothing on. */
  constructor(client: Socket, server: Socket | null, { weather, faultOf }: LinkHooks) {
    this.#sockets = server ? [client, server] : [client];
    this.requests = new Lane(client, server, (chunk) => {
      if (weather.repeats) for (const old of this.#lastAnswer) client.write(old);
      this.#lastAnswer = [];
      return this.#suffer(faultOf(chunk));
    });
    const remember = (chunk: Buffer) => this.#lastAnswer.push(chunk) > 0;
    this.answers = new Lane(server, client, remember, weather);
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

  /** Returns false when the message must not go on. */
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
  constructor(
    source: Socket | null,
    sink: Socket | null,
    passes: (chunk: Buffer) => boolean,
    weather?: Weather,
  ) {
    source?.on("data", (chunk: Buffer) => {
      if (!passes(chunk)) return;
      this.#then(async () => {
        const { lagMs, trickleMs } = weather ?? CALM;
        if (lagMs > 0) await sleep(lagMs, undefined, { ref: false });
        if (trickleMs === 0) sink?.write(chunk);
        else
          for (const byte of chunk) {
            sink?.write(Buffer.of(byte));
            await sleep(trickleMs, undefined, { ref: false });
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

  /** Passes nothing any more: no waiting chunks, and no close of either end. */
  silence(): void {
    this.#isDead = true;
  }

  #then(work: () => unknown): void {
    this.#after = this.#after.then(() => (this.#isDead ? undefined : work()));
  }
}
