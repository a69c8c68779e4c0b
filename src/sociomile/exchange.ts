import type { Dispatcher } from "undici";
import { ProxyRefusal } from "./proxy.ts";
import type { WireAnswer } from "./read.ts";

/** A reply larger than this is not read further. Bytes. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * How one HTTP exchange ended. `started` is the one fact that decides about retries: whether a byte of the request may
 * have left. Error codes do not tell, because resets and timeouts happen on both sides of that moment.
 */
export type Exchange =
  | { ended: "answered"; answer: WireAnswer }
  | {
      ended: "failed";
      started: boolean;
      cause: "deadline" | "connection" | "certificate" | "proxy" | "late";
    };

type Cause = Extract<Exchange, { ended: "failed" }>["cause"];

export interface Message {
  /** With the query. */
  path: string;
  body: string;
  /** Headers beside those of every request. */
  headers?: Readonly<Record<string, string>>;
}

export interface Limits {
  /** Milliseconds from now until the exchange is given up. */
  deadlineMs: number;
  /** The time of the monotonic clock, in milliseconds, after which the first byte must not leave any more. */
  startBy: number;
}

/** Posts JSON and resolves with whatever happens. Never rejects. */
export function post(
  dispatcher: Dispatcher,
  { path, body, headers }: Message,
  limits: Limits,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const exchange = new ExchangeHandler(resolve, limits);
    dispatcher.dispatch(
      {
        method: "POST",
        path,
        body,
        headers: { ...headers, "content-type": "application/json", accept: "application/json" },
      },
      exchange,
    );
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  #started = false;
  #over = false;
  #status = 0;
  #retryAfter: string | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #controller: Dispatcher.DispatchController | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #startBy: number;
  readonly #resolve: (exchange: Exchange) => void;

  constructor(resolve: (exchange: Exchange) => void, { deadlineMs, startBy }: Limits) {
    this.#resolve = resolve;
    this.#startBy = startBy;
    // One turn of the event loop later than the timer: a process that was suspended reads first what came meanwhile.
    this.#timer = setTimeout(() => setImmediate(() => this.#giveUp()), deadlineMs);
  }

  /**
   * The request is about to be written. Not any more when the exchange is over, nor when this process has been suspended
   * for so long since it decided to send that others may think it dead.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (performance.now() > this.#startBy) this.#failed("late");
    if (this.#over) {
      controller.abort(new Error("Given up before it was sent"));
      return;
    }
    this.#started = true;
    this.#controller = controller;
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#retryAfter = [headers["retry-after"]].flat()[0];
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size <= MAX_ANSWER_BYTES) return;
    this.#answered(Buffer.alloc(0)); // no JSON: the reader goes by the HTTP status alone
    this.#cutOff();
  }

  onResponseEnd(): void {
    this.#answered(this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#failed(
      error instanceof ProxyRefusal ? "proxy" : isCertificateError(error) ? "certificate" : "connection",
    );
  }

  #giveUp(): void {
    if (this.#over) return;
    this.#failed("deadline");
    this.#cutOff();
  }

  #failed(cause: Cause): void {
    this.#end({ ended: "failed", started: this.#started, cause });
  }

  #answered(body: Buffer): void {
    this.#end({ ended: "answered", answer: { status: this.#status, retryAfter: this.#retryAfter, body } });
  }

  #end(exchange: Exchange): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#resolve(exchange);
  }

  /** Drops the connection, on which an answer may still be coming. */
  #cutOff(): void {
    this.#controller?.abort(new Error("Given up"));
  }
}

/** Node's codes for a certificate that does not verify: OpenSSL's X509_V_ERR names, and its own for the host name. */
export function isCertificateError(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|INVALID_CA|HOSTNAME_MISMATCH/.test(code);
}
