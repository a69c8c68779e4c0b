import type { RequestListener, ServerResponse } from "node:http";
import { isLoopback } from "../config/setting-types.ts";
import { braked } from "./brake.ts";
import { answer, refuse, targetOf } from "./message.ts";

/** Reason why no requests should be sent here now, with that of the ledger; null when the replica is ready. */
export type NotReady = () => Promise<{ because: "stopping" | "keys" | "ledger"; reason?: string } | null>;

/** Answers /livez and /readyz with words of a closed list. False when `path` is neither. */
export function serveHealth(path: string, response: ServerResponse, notReady: NotReady) {
  if (path === "/livez") answer(response, 200, JSON.stringify({ status: "alive" }));
  else if (path === "/readyz")
    void notReady().then((why) =>
      answer(response, why ? 503 : 200, JSON.stringify({ status: why ? "not ready" : "ready", ...why })),
    );
  else return false;
  return true;
}

/** Handles requests of operators: health and metrics, no GraphQL. `isLoopbackOnly`: as in RequestHandlerOptions. */
export function management(
  notReady: NotReady,
  expose: () => Promise<{ text: string; contentType: string }>,
  isLoopbackOnly: boolean,
): RequestListener {
  // One buffer for all who ask at once: a text would be copied for each.
  const metrics = braked(async () => {
    const { text, contentType } = await expose();
    return { bytes: Buffer.from(text), contentType };
  });
  return (request, response) => {
    const target = targetOf(request);
    if (!target) return refuse(response, "BAD_REQUEST");
    const { host, path } = target;
    if (isLoopbackOnly && !isLoopback(host)) return refuse(response, "HOST_NOT_SERVED");
    if (serveHealth(path, response, notReady)) return;
    if (path !== "/metrics") return refuse(response, "NOT_FOUND");
    if (request.method !== "GET") return refuse(response, "METHOD_NOT_ALLOWED", { allow: "GET" });
    void metrics().then(({ bytes, contentType }) =>
      answer(response, 200, bytes, { "content-type": contentType, connection: "close" }),
    );
  };
}
