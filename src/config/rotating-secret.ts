import { type Kind, type Secret, secret } from "./kinds.ts";
import { type FileChange, rotating } from "./rotating.ts";
import { lineIn } from "./secret-file.ts";

/** Returns a function that gives the secret in force. A secret from a file is read again when the file changes. */
export function rotatingSecret(
  { value, file }: Secret,
  hear: (change: FileChange) => void,
  kind: Kind<Secret> = secret,
): () => string {
  if (file === null) return () => value;
  const isUsable = (text: string) => kind.parse(text, { file }) !== undefined;
  return rotating(value, () => lineIn(file), isUsable, hear);
}
