import { type Secret, isSecret } from "./kinds.ts";
import { lineIn } from "./secret-file.ts";

/** Shortest time between two looks at a secret's file. Milliseconds. */
const LOOK_EVERY_MS = 1000;

/**
 * Returns a function that gives the secret in force. A secret from a file is read again when the file changes, so that it can
 * be rotated while the service runs. A file that cannot be read, or holds no secret, leaves the last good one in force.
 */
export function rotatingSecret(
  { value, file }: Secret,
  isUsable: (text: string) => boolean = isSecret,
): () => string {
  if (file === null) return () => value;
  let lastGood = value;
  let lookedAt = performance.now();
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = performance.now();
    const found = lineIn(file); // null also while it is being replaced
    if (found !== null && isUsable(found)) lastGood = found;
    return lastGood;
  };
}
