import type { Dispatcher } from "undici";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import { ProxyRefusal } from "./route.ts";

/** An HTTP answer with its whole body; null when the body is too large to be read. */
export interface WireAnswer {
  status: number;
  retryAfter: string | undefined;
  body: Uint8Array | null;
}

/** Size from which an answer is not read further. Bytes. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * End of one HTTP exchange. `started` alone decides about retries: it is true when a byte of the request may have left. Error
 * codes do not show that, because resets and timeouts happen before and after that moment.
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
  path: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

export interface Limits {
  /** Time until the exchange is ended, in milliseconds from now. */
  deadlineMs: number;
  /** Time after which the first byte must not leave any more. Monotonic clock, in milliseconds. */
  startBy: number;
}

/** Posts JSON, and resolves with the end of the exchange. Never rejects. */
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
    // Waits one more turn of the event loop, so that a process that was suspended first reads an answer that has arrived.
    this.#timer = setTimeout(() => setImmediate(() => this.#giveUp()), deadlineMs);
  }

  /**
   * Runs just before the request is written. Stops it when the exchange is over, or when this process was suspended for so
   * long after the decision to send that others may believe it dead.
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
    this.#answered(null);
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

  #answered(body: Buffer | null): void {
    this.#end({ ended: "answered", answer: { status: this.#status, retryAfter: this.#retryAfter, body } });
  }

  #end(exchange: Exchange): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#resolve(exchange);
  }

  /** Closes the connection, because an answer may still arrive on it. */
  #cutOff(): void {
    this.#controller?.abort(new Error("Given up"));
  }
}
