/** Writes the table of settings into docs/settings.md (`npm run settings`). */
import { readFileSync, writeFileSync } from "node:fs";
import { type Setting, SETTINGS } from "../../src/config/settings.ts";

const PAGE = "docs/settings.md";
const TABLE = /^\| variable .*?(?=\n\n)/ms;

/** Returns the text of the page with the table of settings from the code. */
export function withSettings(page: string): string {
  const rows = Object.entries<Setting>(SETTINGS).map(([name, setting]) => [
    `\`${name}\``,
    defaultOf(setting),
    setting.kind.description,
    setting.meaning,
  ]);
  return page.replace(TABLE, () => tableOf([["variable", "default", "value", "meaning"], ...rows]));
}

function defaultOf(setting: Setting): string {
  if (setting.defaultInWords !== undefined) return setting.defaultInWords;
  const production = setting.default === undefined ? "required" : asCode(setting.default);
  return setting.development === undefined
    ? production
    : `${production}; development ${asCode(setting.development)}`;
}

/** Writes a text or a number as code. Defaults of other types have words instead. */
function asCode(value: unknown): string {
  return value === null ? "none" : `\`${value as string | number}\``;
}

/** Writes a table in Markdown with columns of even width, as the formatter does. */
function tableOf([head, ...rows]: string[][]): string {
  const widths = head!.map((_, column) => Math.max(...[head!, ...rows].map((row) => row[column]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, withSettings(readFileSync(PAGE, "utf8")));
