import { UnusableSettings, type Config } from "./config.ts";
import { type FileChange, createSource } from "./source.ts";
import { textIn } from "./secret-file.ts";

const MAX_FILE_BYTES = 256 * 1024;

/**
 * Returns a function that gives the text of the taught refusals, read again when their file changes; null: there is no file. `mistakeIn` returns
 * the sentence about a text that cannot be used. Throws UnusableSettings with it; a mistake that comes later leaves the last good text in force.
 */
export function createRefusalsSource(
  { SOCIOMILE_REFUSALS_FILE: file }: Config,
  mistakeIn: (text: string) => string | null,
  hear: (change: FileChange) => void = () => {},
): () => string | null {
  if (file === null) return () => null;
  const read = () => textIn(file, MAX_FILE_BYTES);
  const text = read();
  const mistake = text === null ? "must name a file of at most 256 KiB that can be read" : mistakeIn(text);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_REFUSALS_FILE ${mistake}`]);
  return createSource<string | null>(
    text,
    read,
    (found) => found !== null && mistakeIn(found) === null,
    hear,
  );
}
