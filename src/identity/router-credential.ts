import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Returns the check of the header with the router's secret. `secrets` returns the accepted secrets, comma separated. It is called
 * for each request, so that they can be rotated. A wrong secret takes as long as a right one.
 */
export function routerCredential(secrets: () => string): (header: string | undefined) => boolean {
  return (header = "") => {
    const presented = digest(header);
    const accepted = secrets().split(",");
    return accepted.reduce(
      (matched, secret) => timingSafeEqual(presented, digest(secret.trim())) || matched,
      false,
    );
  };
}

/** Digests have one length, which timingSafeEqual needs, and do not show the length of the secret. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
