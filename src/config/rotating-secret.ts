import { type Secret, isSecret } from "./kinds.ts";
import { lineIn } from "./secret-file.ts";

/** Shortest time between two looks at a secret's file. Milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Shortest time between two reports of one file that stays unusable: an alert lasts as long as they do. Milliseconds. */
const REPORT_EVERY_MS = 60_000;

/** News about a secret's file: it holds another secret, or no usable one at two looks in a row. */
export type SecretChange = "reloaded" | "unusable";

/**
 * Returns a function that gives the secret in force. A secret from a file is read again when the file changes, so that it can
 * be rotated while the service runs. A file that cannot be read, or holds no secret, leaves the last good one in force. `hear` is told each
 * change once, and a file that stays unusable again and again.
 */
export function rotatingSecret(
  { value, file }: Secret,
  hear: (change: SecretChange) => void,
  isUsable: (text: string) => boolean = isSecret,
): () => string {
  if (file === null) return () => value;
  let lastGood = value;
  let lookedAt = performance.now();
  let badLooks = 0;
  let reportedAt = -Infinity;
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = performance.now();
    const found = lineIn(file);
    if (found === null || !isUsable(found)) {
      // A single look may be in the middle of a replacement.
      if (++badLooks < 2 || lookedAt - reportedAt < REPORT_EVERY_MS) return lastGood;
      reportedAt = lookedAt;
      hear("unusable");
      return lastGood;
    }
    badLooks = 0;
    if (found !== lastGood) hear("reloaded");
    lastGood = found;
    return lastGood;
  };
}
