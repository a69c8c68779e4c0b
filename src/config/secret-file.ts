import { readFileSync, statSync } from "node:fs";

/** A larger file is something else, such as a key store or a log that was mounted in a secret's place. */
const MAX_SECRET_FILE_BYTES = 4096;

/** Reads the only line of a secret's file, without blanks around it. Null when the file cannot be read or holds anything else. */
export function lineIn(file: string): string | null {
  try {
    if (statSync(file).size > MAX_SECRET_FILE_BYTES) return null;
    const line = readFileSync(file, "utf8").trim();
    return line === "" || /[\r\n]/.test(line) ? null : line;
  } catch {
    return null;
  }
}
