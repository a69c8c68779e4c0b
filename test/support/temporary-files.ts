import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files in a directory of their own, which is removed with them. */
export interface TemporaryFiles extends Disposable {
  directory: string;
  /** Writes a file, also in place of an earlier one. Returns its path. */
  write(name: string, content: string): string;
}

export function temporaryFiles(): TemporaryFiles {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-files-"));
  return {
    directory,
    write(name, content) {
      const file = join(directory, name);
      writeFileSync(file, content);
      return file;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
