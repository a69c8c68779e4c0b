/** Files that settings name: read at the start, and again when they change. */
import { readFileSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Secret, secret } from "./setting-types.ts";

/** A larger file is something else, such as a key store or a log that was mounted instead of the secret. */
const MAX_SECRET_FILE_BYTES = 4096;

/** Reads a text file. Null when it cannot be read, or is larger than `maxBytes`. */
export function textIn(file: string, maxBytes: number): string | null {
  try {
    return statSync(file).size > maxBytes ? null : readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Reads the only line of a secret's file, without blanks around it. Null when the file cannot be read or has another content. */
export function lineIn(file: string): string | null {
  const line = textIn(file, MAX_SECRET_FILE_BYTES)?.trim() ?? "";
  return line === "" || /[\r\n]/.test(line) ? null : line;
}

/** Returns a function that gives the secret in force. A secret from a file is read again when the file changes. */
export function createSecretSource({ value, file }: Secret, onChange: (change: FileChange) => void, type = secret) {
  if (file === null) return () => value;
  const isUsable = (text: string) => type.parse(text, { file }) !== undefined;
  return createSource(value, () => lineIn(file), isUsable, onChange);
}

/** Shortest time between two looks at a file. Milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Shortest time between two reports of a file that stays unusable: an alert lasts as long as they do. Milliseconds. */
const REPORT_EVERY_MS = 60_000;

/** News about a file: it holds something else, or nothing usable at two looks in a row. */
export type FileChange = "reloaded" | "unusable";

/**
 * Returns a function that gives the value in force: `first`, until `read` gives another usable one. A file that cannot be
 * read (null) or used leaves the last good one. `onChange` gets each change once, and an unusable file every minute.
 */
export function createSource<Value>(
  first: Value,
  read: () => Value | null,
  isUsable: (value: Value) => boolean,
  onChange: (change: FileChange) => void,
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
      onChange("reloaded");
    } else if (++badLooks >= 2 && lookedAt - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = lookedAt;
      onChange("unusable");
    }
    return lastGood;
  };
}
