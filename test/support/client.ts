import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { checkCodes } from "./codes-of-mutations.ts";

export interface Answer<Data> {
  status: number;
  data: Data;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string } }[] | undefined;
  /** Body as received, with the ids of requests in errors, for a search for forbidden text. */
  text: string;
}

export interface Client {
  url: string;
  execute<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Answer<Data>>;
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer<unknown>>;
}

/** Makes a client of the GraphQL endpoint at `url`. `always`: headers of every request. */
export function clientOf(url: string, always: Record<string, string> = {}): Client {
  const post: Client["post"] = async (body, headers = {}) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...always, ...headers },
      body,
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as Pick<Answer<unknown>, "data" | "errors">;
    checkCodes(data);
    const requestId = response.headers.get("x-request-id");
    return { status: response.status, data, errors: withoutRequestIds(errors, requestId), text };
  };
  return {
    url,
    post,
    execute: (document, variables) => post(JSON.stringify({ query: print(document), variables })) as Promise<never>,
  };
}

/** Takes the ids of requests out of errors. Throws if the answer names its request, and one of its errors does not name the same. */
export function withoutRequestIds(errors: Answer<unknown>["errors"], requestId: string | null) {
  return errors?.map(({ extensions, ...error }) => {
    if (!extensions) return error as never; // an error of a gateway
    const { requestId: named, ...known } = extensions as { code: string; requestId?: string };
    if (requestId !== null && named !== requestId) throw new Error(`An error of ${requestId} names ${named}`);
    return { ...error, extensions: known };
  });
}

export function postQuery(client: Pick<Client, "post">, query: string, variables: object = {}) {
  return client.post(JSON.stringify({ query, variables }));
}

/** Announces a body and never sends it, so that the answer cannot depend on the body. */
export async function announce(url: string, headers: Record<string, string | string[]> = {}) {
  const request = httpRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", "content-length": "64", ...headers },
    signal: AbortSignal.timeout(10_000),
  });
  request.flushHeaders();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).on("error", reject);
  });
  const text = await textOf(response);
  request.destroy();
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** Sends a request as its lines are written here, and returns status and body of the answer. */
export async function sendLines(url: string, head: readonly string[], body: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  socket.write([...head, "content-type: application/json", "connection: close", "", body].join("\r\n"));
  const [answerHead = "", text = ""] = (await textOf(socket)).split("\r\n\r\n");
  return { status: Number(answerHead.split(" ")[1]), text };
}
