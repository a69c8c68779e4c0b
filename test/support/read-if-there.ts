import { readFileSync, statSync } from "node:fs";

/** Reads a file of a database that is in use. Null: it is no file, or is gone by now, as a part of a log that is not needed any more. */
export function readIfThere(path: string): Buffer | null {
  try {
    return statSync(path).isFile() ? readFileSync(path) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
