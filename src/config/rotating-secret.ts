import { type Secret, isSecret } from "./kinds.ts";
import { type FileChange, rotating } from "./rotating.ts";
import { lineIn } from "./secret-file.ts";

/** Returns a function that gives the secret in force. A secret from a file is read again when the file changes. */
export function rotatingSecret(
  { value, file }: Secret,
  hear: (change: FileChange) => void,
  isUsable: (text: string) => boolean = isSecret,
): () => string {
  return file === null ? () => value : rotating(value, () => lineIn(file), isUsable, hear);
}
