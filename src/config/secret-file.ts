import { readFileSync, statSync } from "node:fs";
import { type FileChange, createSource } from "./source.ts";
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
export function createSecretSource(
  { value, file }: Secret,
  hear: (change: FileChange) => void,
  type = secret,
) {
  if (file === null) return () => value;
  const isUsable = (text: string) => type.parse(text, { file }) !== undefined;
  return createSource(value, () => lineIn(file), isUsable, hear);
}
