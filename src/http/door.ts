import { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { HeaderMap, type HTTPGraphQLRequest, type HTTPGraphQLResponse } from "@apollo/server";
import { readJson } from "./body.ts";
import { answer, refuse } from "./refuse.ts";

/** Runs one GraphQL request. */
export type Execute = (request: HTTPGraphQLRequest) => Promise<HTTPGraphQLResponse>;

/** The public door: GraphQL at /graphql, health beside it. */
export function door(execute: Execute): RequestListener {
  return (request, response) => {
    const path = request.url?.replace(/\?.*$/s, "") ?? "";
    switch (path) {
      case "/graphql":
        void serveGraphql(request, response, execute);
        return;
      case "/livez":
      case "/readyz":
        answer(response, 200, JSON.stringify({ status: "ok" }));
        return;
      default:
        refuse(response, "NOT_FOUND");
    }
  };
}

async function serveGraphql(
  request: IncomingMessage,
  response: ServerResponse,
  execute: Execute,
): Promise<void> {
  try {
    if (request.method !== "POST") return refuse(response, "METHOD_NOT_ALLOWED", { allow: "POST" });
    const read = await readJson(request);
    // The rest of a body that was not read would be taken for the next request.
    if (read.refused) return refuse(response, read.refused, { connection: "close" });
    if (asksForPersistedQuery(read.json)) return refuse(response, "PERSISTED_QUERY_NOT_SUPPORTED");
    const { status, headers, body } = await execute({
      method: "POST",
      headers: headerMap(request),
      search: "",
      body: read.json,
    });
    if (body.kind === "chunked") return refuse(response, "NOT_ACCEPTABLE");
    answer(response, status ?? 200, body.string, Object.fromEntries(headers));
  } catch {
    refuse(response, "INTERNAL_SERVER_ERROR");
  }
}

/** Persisted queries are off. Clients that try them go on by themselves when they see this code. */
function asksForPersistedQuery({ extensions }: { extensions?: unknown }): boolean {
  return typeof extensions === "object" && extensions !== null && "persistedQuery" in extensions;
}

function headerMap({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return map;
}
