import type { ServerResponse } from "node:http";

export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Readonly<Record<string, string>>;
}

/** Ends an exchange: with an answer, with half of one, without one, or by a cut of the connection. */
export type Ending = (response: ServerResponse) => void;

export function json(status: number, body: unknown, headers = {}): Ending {
  return answered({ status, type: "application/json", text: JSON.stringify(body), headers });
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
