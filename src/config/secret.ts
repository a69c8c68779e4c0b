import { readFileSync } from "node:fs";
import { type Secret, isSecret } from "./environment.ts";

/** How often a secret's file is looked at, at most. Milliseconds. */
const LOOK_EVERY_MS = 1000;

/**
 * The secret as it now stands. One that came from a file is read again when the file changes, so that it can be rotated
 * while the service runs; a file that cannot be read, or holds no secret, leaves the last good one in force.
 */
export function current(
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
      // It may be in the middle of being replaced.
    }
    return lastGood;
  };
}
