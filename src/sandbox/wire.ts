import type { IncomingMessage, ServerResponse } from "node:http";

export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Readonly<Record<string, string>>;
}

/** End of an exchange: an answer, half of an answer, nothing, or a cut connection. */
export type Ending =
  | { kind: "answered"; answer: Answer }
  | { kind: "truncated"; answer: Answer }
  | { kind: "silence" }
  | { kind: "cut" };

const MAX_BODY_BYTES = 1024 * 1024;

export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, type: "application/json", text: JSON.stringify(body) };
}

export function answered(answer: Answer): Ending {
  return { kind: "answered", answer };
}

/**
 * Reads the whole body. It is decoded at the end, because two chunks may split a character. Null when the connection
 * ends before; a body over 1 MiB ends it.
 */
export function bodyOf(request: IncomingMessage): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) request.destroy();
    else chunks.push(chunk);
  });
  request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  request.on("close", () => resolve(null));
  return promise;
}

export function finish(response: ServerResponse, ending: Ending): void {
  switch (ending.kind) {
    case "answered":
      writeHead(response, ending.answer).end(ending.answer.text);
      return;
    case "truncated":
      writeHead(response, ending.answer).write(firstHalf(ending.answer.text), () => response.destroy());
      return;
    case "cut":
      response.destroy();
      return;
    case "silence":
      return;
    default:
      ending satisfies never;
  }
}

function writeHead(response: ServerResponse, { status, type, text, headers }: Answer): ServerResponse {
  const length = Buffer.byteLength(text);
  return response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
}

function firstHalf(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytes.subarray(0, bytes.length / 2);
}
