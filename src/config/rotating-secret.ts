import { type Kind, type Secret, secret } from "./kinds.ts";
import { lineIn } from "./secret-file.ts";

/** Shortest time between two looks at a secret's file. Milliseconds. */
const LOOK_EVERY_MS = 1000;

/** News about a secret's file: it holds another secret, or no usable one at two looks in a row. */
export type SecretChange = "reloaded" | "unusable";

/**
 * Returns a function that gives the secret in force. A secret from a file is read again when the file changes, so that it can
 * be rotated while the service runs. A file that cannot be read, or holds no secret, leaves the last good one in force. `hear` is told each
 * change once.
 */
export function rotatingSecret(
  { value, file }: Secret,
  hear: (change: SecretChange) => void,
  kind: Kind<Secret> = secret,
): () => string {
  if (file === null) return () => value;
  let lastGood = value;
  let lookedAt = performance.now();
  let badLooks = 0;
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = performance.now();
    const found = kind.parse(lineIn(file) ?? "", { file })?.value;
    if (found === undefined) {
      if (++badLooks === 2) hear("unusable"); // once may be in the middle of a replacement
      return lastGood;
    }
    badLooks = 0;
    if (found !== lastGood) hear("reloaded");
    lastGood = found;
    return lastGood;
  };
}
