import { fstatSync, writeFileSync } from "node:fs";

/** Writes to standard output, and resolves when that has taken the text. Rejects with the error of the system, such as ENOSPC, or EPIPE from a reader that has closed. */
export async function write(text: string): Promise<void> {
  const { fd } = process.stdout;
  // On a full disk a stream would write a part of it into a file, and no error.
  if (fstatSync(fd).isFile()) return writeFileSync(fd, text);
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
  );
}
