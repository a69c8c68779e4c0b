/** Output of commands: tables, named values, and the way to standard output. */
import { fstatSync, writeFileSync } from "node:fs";
import { cut, printable } from "./printable.ts";

const CELL = 60;

/** Headings of a table, each with the text below it. Null is an empty cell. */
export type Columns<Item> = Readonly<Record<string, (item: Item) => string | number | null>>;

/** Writes to standard output, and resolves when that has taken the text. Rejects with the error of the system, such as ENOSPC, or EPIPE from a reader that has closed. */
export async function write(text: string): Promise<void> {
  const { fd } = process.stdout;
  // On a full disk a stream would write a part of it into a file, and no error.
  if (fstatSync(fd).isFile()) return writeFileSync(fd, text);
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
  );
}

/** Shows progress to a person at a terminal, in place of the one before. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

/** Writes a table; empty text for no items. `width`: columns of the terminal, where lines are cut; Infinity: none. `cell`: most characters of a cell. */
export function table<Item>(
  columns: Columns<Item>,
  items: readonly Item[],
  width = process.stdout.columns || Infinity,
  cell = CELL,
): string {
  if (items.length === 0) return "";
  const texts = Object.values(columns);
  const rows = items.map((item) => texts.map((textOf) => cut(printable(String(textOf(item) ?? "")), cell)));
  const lines = [Object.keys(columns), ...rows];
  const widths = texts.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column]!))));
  return lines
    .map((line) => line.map((text, column) => text + " ".repeat(widths[column]! - lengthOf(text))).join("  "))
    .map((line) => cut(line.trimEnd(), width))
    .join("\n");
}

/** Writes names with their values, one a line. Values that are null are left out. */
export function namedValues(values: Readonly<Record<string, string | number | null>>): string {
  const known = Object.entries(values).filter(([, value]) => value !== null);
  const widest = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(widest)}  ${printable(String(value))}`).join("\n");
}

/** Length in characters of Unicode. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
