import { readFileSync, statSync } from "node:fs";
import { type Secret, secret } from "./kinds.ts";
import { type FileChange, rotating } from "./rotating.ts";

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

/** Returns a function that gives the secret in force. A secret from a file is read again when the file changes. */
export function rotatingSecret({ value, file }: Secret, hear: (change: FileChange) => void, kind = secret) {
  if (file === null) return () => value;
  const isUsable = (text: string) => kind.parse(text, { file }) !== undefined;
  return rotating(value, () => lineIn(file), isUsable, hear);
}
