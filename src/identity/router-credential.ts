import { hash, timingSafeEqual } from "node:crypto";
import type { Observe } from "../telemetry/events.ts";

/** Returns the check of the router's secret, in a constant time. `secrets` returns those that are accepted now, comma separated: they rotate. */
export function routerCredential(secrets: () => string, observe: Observe) {
  return (header = "") => {
    const presented = digest(header);
    const accepted = secrets().split(",");
    const matches = accepted.map((secret) => timingSafeEqual(presented, digest(secret.trim())));
    const isRouter = matches.includes(true);
    if (!isRouter) observe("identity.router_refused", {});
    return isRouter;
  };
}

/** Digests have one length, which timingSafeEqual needs, and do not show the length of the secret. */
function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
