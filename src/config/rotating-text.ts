import { readFileSync, statSync } from "node:fs";
import { UnusableSettings } from "./config.ts";
import { type FileChange, rotating } from "./rotating.ts";

const MAX_FILE_BYTES = 256 * 1024;

/**
 * Returns a function that gives the text of a setting's file, read again when it changes; null: there is no file. `mistakeIn` returns the sentence
 * about a text that cannot be used. Throws UnusableSettings with it; a mistake that comes later leaves the last good text in force.
 */
export function rotatingText(
  setting: string,
  file: string | null,
  mistakeIn: (text: string) => string | null,
  hear: (change: FileChange) => void,
): () => string | null {
  if (file === null) return () => null;
  const text = textIn(file);
  const mistake = text === null ? "must name a file of at most 256 KiB that can be read" : mistakeIn(text);
  if (mistake !== null) throw new UnusableSettings([`${setting} ${mistake}`]);
  return rotating<string | null>(
    text,
    () => textIn(file),
    (found) => found !== null && mistakeIn(found) === null,
    hear,
  );
}

function textIn(file: string): string | null {
  try {
    return statSync(file).size > MAX_FILE_BYTES ? null : readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
