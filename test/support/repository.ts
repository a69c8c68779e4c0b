import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Path of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Reads a file of the repository as text. */
export function repositoryText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
