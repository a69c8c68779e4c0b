import { cut, printable } from "./printable.ts";

/** Most characters of a cell in a list. */
const CELL = 60;

/**
 * Writes a table in columns. Null is an empty cell. `width`: columns of the terminal, where lines are cut; Infinity when the output is no
 * terminal. `cell`: most characters of a cell.
 */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  width: number,
  cell = CELL,
): string {
  const cells = [heads, ...rows.map((row) => row.map((value) => cut(printable(value ?? ""), cell)))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => lengthOf(row[column] ?? ""))));
  return cells
    .map((row) =>
      row.map((value, column) => value + " ".repeat(widths[column]! - lengthOf(value))).join("  "),
    )
    .map((line) => cut(line.trimEnd(), width))
    .join("\n");
}

/** Writes names with their values, one a line. Values that are null are left out. */
export function list(values: Readonly<Record<string, string | null>>): string {
  const known = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null);
  const widest = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(widest)}  ${printable(value)}`).join("\n");
}

/** Length in characters of Unicode. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
