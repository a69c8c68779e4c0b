import { type Secret, isSecret, lineIn } from "./environment.ts";

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
  let lookedAt = performance.now();
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = performance.now();
    const found = lineIn(file); // null also while it is being replaced
    if (found !== null && isUsable(found)) lastGood = found;
    return lastGood;
  };
}
