import { hash, timingSafeEqual } from "node:crypto";
import type { Observe } from "../telemetry/events.ts";

/** Returns the check of the router's secret, in a constant time. `secrets` returns those that are accepted now, comma separated: they rotate. */
export function createRouterCheck(secrets: () => string, observe: Observe) {
  let accepted = { text: "", digests: [] as Buffer[] };
  return (header = "") => {
    const text = secrets();
    if (text !== accepted.text)
      accepted = { text, digests: text.split(",").map((secret) => digestOf(secret.trim())) };
    const digest = digestOf(header);
    const isRouter = accepted.digests.map((one) => timingSafeEqual(one, digest)).includes(true);
    if (!isRouter) observe("identity.router_refused", {});
    return isRouter;
  };
}

/** Compares in constant time. Digests have one length, which timingSafeEqual needs, and hide the length of the secret. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

const digestOf = (secret: string): Buffer => hash("sha256", secret, "buffer");
