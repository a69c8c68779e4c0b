import type { IncomingMessage, ServerResponse } from "node:http";

export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Readonly<Record<string, string>>;
}

/** Ends an exchange: with an answer, with half of one, without one, or by a cut of the connection. */
export type Ending = (response: ServerResponse) => void;

const MAX_BODY_LENGTH = 1024 * 1024;

export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, type: "application/json", text: JSON.stringify(body) };
}

export const silence: Ending = () => {};
export const cut: Ending = (response) => void response.destroy();

export function answered(answer: Answer): Ending {
  return (response) => void writeHead(response, answer).end(answer.text);
}

export function truncated(answer: Answer): Ending {
  const bytes = Buffer.from(answer.text);
  return (response) =>
    void writeHead(response, answer).write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

function writeHead(response: ServerResponse, { status, type, text, headers }: Answer): ServerResponse {
  const length = Buffer.byteLength(text);
  return response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
}

/** Reads the whole body. Null when the connection ends before; a body over 1 MiB ends it. */
export async function bodyOf(request: IncomingMessage): Promise<string | null> {
  let text = "";
  try {
    for await (const part of request.setEncoding("utf8") as AsyncIterable<string>)
      if ((text += part).length > MAX_BODY_LENGTH) request.destroy();
    return text;
  } catch {
    return null;
  }
}
