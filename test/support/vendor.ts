import type { IncomingHttpHeaders } from "node:http";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { listening } from "../supergraph/listening.ts";
import { CLIENT_SECRET_KEY } from "./config.ts";

type SandboxOptions = Parameters<typeof startSandbox>[0];

interface FixedAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Text and bytes stay as they are; anything else becomes JSON. */
  body: unknown;
}

export async function vendorAnswering({ status = 200, headers = {}, body }: FixedAnswer) {
  const bytes = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const server = await listening(0, (request, response) => {
    vendor.received += 1;
    vendor.headers = request.headers;
    request.resume().on("end", () => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(bytes);
    });
  });
  const vendor = {
    /** Settings of a service that has this vendor. */
    settings: { SOCIOMILE_BASE_URL: server.url },
    received: 0,
    headers: {} as IncomingHttpHeaders,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return vendor;
}

/** Starts a sandbox whose secret the services of tests have. */
export function openSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({ secret: CLIENT_SECRET_KEY, ...options });
}

/**
 * Settings of a vendor that does not exist. The port is reserved (tcpmux). A port that was free a moment ago could be taken by
 * a server of another test.
 */
export function nobodyListening(): { SOCIOMILE_BASE_URL: string } {
  return { SOCIOMILE_BASE_URL: "http://127.0.0.1:1" };
}
