/** Output of commands, for people and for programs. Rows of the ledger may hold characters that a terminal would obey. */
import { fstatSync, writeFileSync } from "node:fs";
import type { Instant } from "../src/tickets/ticket.ts";

/** Most characters of a cell in a list. */
export const CELL = 60;
/** Characters that a terminal obeys, does not show, or shows in another order. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{DI}\p{Cf}]/gu;

/** Writes hidden characters as their numbers, such as \u{1b}. */
export function printable(text: string): string {
  return text.replaceAll(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Writes lines without what a terminal obeys. */
export function linesOf(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Cuts text after `most` characters, and marks the cut. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

/** Writes data as JSON, with times as text. It keeps every value, and a terminal obeys none of them. */
export function jsonOf(data: object, indent = 2): string {
  return JSON.stringify(data, withTime, indent).replaceAll(HIDDEN, escaped);
}

function withTime(this: Record<string, unknown>, name: string, value: unknown): unknown {
  return isInstant(this[name]) ? timeOf(this[name]) : value; // an Instant of Temporal is text by now
}

/** Writes each unit of UTF-16 as JSON does, and leaves the ends of lines. */
function escaped(character: string): string {
  return character.replaceAll(/[^\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function isInstant(value: unknown): value is Instant {
  return typeof (value as Instant | null)?.epochMilliseconds === "number";
}

/** Writes a time in UTC, in whole seconds, as the API does. */
export function timeOf({ epochMilliseconds }: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMilliseconds).toString({ smallestUnit: "second" });
}

/** Writes a duration in its largest unit, rounded down or up, such as 16 min. */
export function durationOf(seconds: number, round: (value: number) => number = Math.floor): string {
  const units = { d: 86_400, h: 3600, min: 60 };
  const [unit, length] = Object.entries(units).find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${round(seconds / length)} ${unit}`;
}

/** Writes the time since an instant. */
export function ageOf({ epochMilliseconds }: Instant): string {
  return durationOf(Math.max(0, Date.now() - epochMilliseconds) / 1000);
}

/** Writes data for people: values by their names, then what stands below a name, lists as tables. `timeText` writes times. */
export function textOf(data: object, timeText: (at: Instant) => string = timeOf): string {
  const known = Object.entries(data).filter(([, value]) => value !== null && value !== undefined);
  const plain = known.filter(([, value]) => isPlain(value));
  const below = known.filter(([, value]) => !isPlain(value)).map(([, value]) => value as object);
  const widest = Math.max(0, ...plain.map(([name]) => name.length));
  const values = plain.map(([name, value]) => `${name.padEnd(widest)}  ${cellText(value, timeText)}`);
  const texts = below.map((value) =>
    Array.isArray(value) ? table(value as object[], Infinity) : textOf(value, timeText),
  );
  return [values.join("\n"), ...texts].filter(Boolean).join("\n\n");
}

/** True for a value that is written in one line: a list of texts is, too. */
function isPlain(value: unknown): boolean {
  return typeof value !== "object" || isInstant(value) || (Array.isArray(value) && typeof value[0] === "string");
}

function cellText(value: unknown, timeText = timeOf): string {
  if (isInstant(value)) return timeText(value);
  const words = (Array.isArray(value) ? value : [value ?? ""]) as string[];
  return printable(words.join(" "));
}

/** Writes rows in columns, without the columns that are empty in all; empty text for no rows. `most`: characters of a cell. */
export function table(rows: readonly object[], most = CELL): string {
  const isEmpty = (name: string) => rows.every((row) => ((row as Record<string, unknown>)[name] ?? null) === null);
  const names = Object.keys(rows[0] ?? {}).filter((name) => !isEmpty(name));
  const heads = names.map((name) => name.replaceAll(/[A-Z]/g, " $&").toUpperCase());
  const cells = rows.map((row) => names.map((name) => cut(cellText((row as Record<string, unknown>)[name]), most)));
  const lines = rows.length === 0 ? [] : [heads, ...cells];
  const widths = names.map((_, nth) => Math.max(...lines.map((line) => lengthOf(line[nth]!))));
  return lines
    .map((line) => line.map((text, nth) => text + " ".repeat(widths[nth]! - lengthOf(text))).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Length in characters of Unicode. */
const lengthOf = (text: string) => Array.from(text).length;

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
