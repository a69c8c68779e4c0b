import { readFileSync } from "node:fs";
import { type Secret, isSecret } from "./kinds.ts";

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
  let lookedAt = Date.now();
  return () => {
    if (Date.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = Date.now();
    try {
      const found = readFileSync(file, "utf8").trim();
      if (isUsable(found)) lastGood = found;
    } catch {
      // Somebody may be replacing the file at this moment.
    }
    return lastGood;
  };
}
