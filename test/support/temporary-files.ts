import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type TemporaryFiles = ReturnType<typeof temporaryFiles>;

export function temporaryFiles() {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-files-"));
  return {
    directory,
    write(name: string, content: string): string {
      const file = join(directory, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
