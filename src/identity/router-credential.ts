import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Returns a check of the header in which the router shows its secret. `secrets` gives the accepted ones, comma separated, and is
 * asked at every request, so that they can be rotated. A wrong credential takes as long as a right one.
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
