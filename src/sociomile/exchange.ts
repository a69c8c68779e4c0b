import { type Dispatcher, errors } from "undici";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import { ProxyRefusal } from "./route.ts";

/** An HTTP answer with its whole body; null when the body is too large to be read. */
export interface WireAnswer {
  status: number;
  retryAfter: string | undefined;
  contentType?: string | undefined;
  body: Uint8Array | null;
}

/** Most pieces of an answer that is read. Each takes memory of its own. */
const MAX_PIECES = 8192;

type Cause = "deadline" | "connection" | "certificate" | "proxy" | "late";

/** End of one HTTP exchange. `started` alone decides about retries: a byte may have left. Error codes of resets and timeouts do not reveal it. */
export type Exchange =
  { ended: "answered"; answer: WireAnswer } | { ended: "failed"; started: boolean; cause: Cause };

export interface Message {
  path: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Posts JSON, and resolves with the end of the exchange. Never rejects. `deadlineMs`: time until it is ended, in milliseconds from now; `startBy`:
 * time after which the first byte must not leave, in milliseconds of the monotonic clock. The dispatcher bounds the size of the answer.
 */
export function post(
  dispatcher: Dispatcher,
  message: Message,
  { deadlineMs, startBy }: { deadlineMs: number; startBy: number },
): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let isOver = false;
  let started = false;
  let controller: Dispatcher.DispatchController | undefined;
  let answer: Omit<WireAnswer, "body">;
  const chunks: Buffer[] = [];
  // Waits one more turn of the event loop, so that a process that was suspended first reads an answer that has arrived.
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
      /** Runs just before the request is written. Stops it when it is over, or after a suspension in which others may believe this process dead. */
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
