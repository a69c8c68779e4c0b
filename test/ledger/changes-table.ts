import { CHANGES } from "../../src/ledger/submissions/changes.ts";

/** Writes the table of changes as the README of the ledger shows it. Run this file to print it. */
export function changesTable(): string {
  const cells = [
    ["change", "from", "to", "when"],
    ...Object.entries(CHANGES).map(([name, { from, to, when }]) => [name, from.join("; "), to.join(", "), when]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

if (import.meta.main) console.log(changesTable());
