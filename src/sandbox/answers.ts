/** Answers of the vendor: their bodies, and how an exchange ends. */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type JsonObject, SHAPES, type Shape, TITLES, textOf } from "./contract.ts";

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

export function createdBody(ticketId: string, ticket_number: number) {
  return { success: true, message: "success", data: { ticketId, ticket_number }, code: 200 };
}

/** Makes the answer to an update of the ticket that `create` opened. Fields that it does not have are empty texts. */
export function updatedBody(status: string, create: JsonObject) {
  const titled = Object.entries(TITLES).map(([title, [, ofVoice = "", ofHelpdesk = ""]]) => {
    const field = create["ticketType"] === "voice" ? ofVoice : ofHelpdesk;
    return [title, title === "Status" ? status : textOf(create[field])] as const;
  });
  return { status: true, ticket: { data: Object.fromEntries(titled), is_escalation: true }, success: true };
}

/** Answers with an error in the vendor's shape. Errors of a create have `status`, errors of an update do not. */
export function errorAnswer(shape: Shape, status: number, message: string, headers = {}): Ending {
  const error = {
    type: "error",
    trace_id: randomBytes(4).toString("hex"),
    message,
    file: "/Users/vendor/sm-api/app/Http/Controllers/Integration/BankSulutController.php",
    line: SHAPES[shape].line,
    ...(shape !== "update-status" && { status: false }),
  };
  return json(status, error, headers);
}
