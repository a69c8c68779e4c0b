import { isDeepStrictEqual } from "node:util";

/** Shortest time between two looks at a file. Milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Shortest time between two reports of a file that stays unusable: an alert lasts as long as they do. Milliseconds. */
const REPORT_EVERY_MS = 60_000;

/** News about a file: it holds something else, or nothing usable at two looks in a row. */
export type FileChange = "reloaded" | "unusable";

/**
 * Returns a function that gives the value in force: `first`, until `read` gives another one that is usable. A file that cannot be read (null)
 * or used leaves the last good value in force. `hear` gets each change once, and a file that stays unusable every minute.
 */
export function createSource<Value>(
  first: Value,
  read: () => Value | null,
  isUsable: (value: Value) => boolean,
  hear: (change: FileChange) => void,
): () => Value {
  let lastGood = first;
  let lookedAt = performance.now();
  let badLooks = 0; // a single one may be in the middle of a replacement
  let reportedAt = -Infinity;
  return () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return lastGood;
    lookedAt = performance.now();
    const found = read();
    if (isDeepStrictEqual(found, lastGood)) badLooks = 0;
    else if (found !== null && isUsable(found)) {
      badLooks = 0;
      lastGood = found;
      hear("reloaded");
    } else if (++badLooks >= 2 && lookedAt - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = lookedAt;
      hear("unusable");
    }
    return lastGood;
  };
}
