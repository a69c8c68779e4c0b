import { hash, timingSafeEqual } from "node:crypto";
import type { Observe } from "../telemetry/events.ts";

/** Returns the check of the router's secret, in a constant time. `secrets` returns those that are accepted now, comma separated: they rotate. */
export function routerCredential(secrets: () => string, observe: Observe) {
  return (header = "") => {
    const accepted = secrets().split(",");
    const isRouter = accepted.map((secret) => isSameSecret(header, secret.trim())).includes(true);
    if (!isRouter) observe("identity.router_refused", {});
    return isRouter;
  };
}

/** Compares in constant time. Digests have one length, which timingSafeEqual needs, and hide the length of the secret. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(hash("sha256", one, "buffer"), hash("sha256", other, "buffer"));
}
