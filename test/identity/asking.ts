import { expect } from "vitest";
import { type Client, sendLines } from "../support/client.ts";
import { type Issuer, ROUTER } from "../support/issuer.ts";
import { type Service, startService } from "../support/service.ts";

/** A question that needs an identity and one scope. */
export const ASK = JSON.stringify({ query: '{ ticket(id: "1") { id } }' });

/** Starts a service that trusts an issuer. */
export const startBehind = (issuer: Issuer): Promise<Service> => startService({ config: issuer.auth });

/** "open", or the code with which the router's question is refused. */
export async function codeFor(service: Pick<Client, "post">, headers: object = {}): Promise<string> {
  const { status, data, errors } = await service.post(ASK, { ...ROUTER, ...headers });
  expect({ status, data }).toEqual({ status: 200, data: { ticket: null } });
  return errors?.[0]?.extensions.code ?? "open";
}

/** Posts the question with exactly these header lines. */
export async function posted(url: string, lines: readonly (readonly [string, string])[]): Promise<string> {
  const headers = lines.map(([name, value]) => `${name}: ${value}`);
  const head = ["POST /graphql HTTP/1.1", "host: localhost", `content-length: ${ASK.length}`, ...headers];
  return (await sendLines(url, head, ASK)).text;
}
