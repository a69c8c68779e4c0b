/** Text for people, on a terminal and in a spreadsheet. Rows of the ledger may hold characters that a terminal would obey. */
import { stringify } from "@vanillaes/csv";
import type { Instant } from "../tickets/ticket.ts";
import words from "./words.json" with { type: "json" };

/** Words of the command line for the names of fields. */
export const WORDS: Readonly<typeof words> = words;

/** Returns the option for a word of the schema, such as not-created for NOT_CREATED. */
export function optionOf(wordOfSchema: string): string {
  return wordOfSchema.toLowerCase().replaceAll("_", "-");
}

/** Characters that a terminal obeys, does not show, or shows in another order. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{DI}\p{Cf}]/gu;

/** Writes hidden characters as their numbers, such as \u{1b}. */
export function printable(text: string): string {
  return text.replaceAll(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Cuts text after `most` characters, and marks the cut. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, Math.max(0, most - 1)).join("")}…` : text;
}

/** Writes data as JSON, with times as text. It keeps every value, and a terminal obeys none of them. */
export function jsonOf(data: object, indent = 2): string {
  return JSON.stringify(data, withTime, indent).replaceAll(HIDDEN, escaped);
}

function withTime(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const own = this[name] as Instant | null; // an instant is text by now
  return typeof own?.epochMilliseconds === "number" ? timeOf(own) : value;
}

/** Writes rows as CSV (RFC 4180). Spreadsheets find no formula in them. `heading`: word for a field. */
export function csvOf(rows: readonly object[], heading = (field: string) => field): string {
  const headings = Object.keys(rows[0] ?? {}).map((field) => heading(field));
  return stringify([headings, ...rows.map((row) => Object.values(row).map(cellOf))], { eof: false });
}

function cellOf(value: string | number | boolean | Instant | null): string {
  const plain = typeof value === "object" && value !== null ? timeOf(value) : String(value ?? "");
  // Spreadsheets for languages with decimal commas cut lines at semicolons, whatever the quotes say.
  return printable(plain).replaceAll(/(^|;[\s"]*)(?=[=+@\-＝＋＠－])/g, "$1'");
}

/** Writes each unit of UTF-16 as JSON does, and leaves the ends of lines. */
function escaped(character: string): string {
  return character.replaceAll(/[^\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Writes a time in UTC, in whole seconds, as the API does. */
export function timeOf({ epochMilliseconds }: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMilliseconds).toString({ smallestUnit: "second" });
}

/** Writes a time on both clocks: Sociomile's, which its screens show, with its zone's short name such as WITA, and UTC. */
export function clocksOf(at: Date, timeZone: string): string {
  const clocks = [timeZone, "UTC"].map((zone) => {
    const [, name] = / (\S+)$/.exec(at.toLocaleTimeString("id", { timeZone: zone, timeZoneName: "short" }))!;
    return `${at.toLocaleString("sv", { timeZone: zone })} ${name}`;
  });
  return clocks.join(" · ");
}

/** Units of an age, in seconds. The first one that fits is used. */
const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;

/** An age as people type it. An `h` is an hour in both languages, although hari (days) begins with it. */
const AGE = /^(\d{1,5}) ?(?:(d|days?|hari)|(h|hours?|jam)|(min|minutes?|menit))$/i;

/** Reads an age such as 30min, 2h, 2 jam or 7 hari, in seconds. Null: it is something else. */
export function secondsIn(age: string): number | null {
  const [, number, ...units] = AGE.exec(age.trim()) ?? [];
  const nth = units.findIndex((unit) => unit !== undefined);
  return nth < 0 ? null : Number(number) * UNITS[nth]![1];
}

/** Returns the time since which a submission is in its state. Each failed try to deliver settles a queued one anew, and changes nothing. */
export function sinceOf<Time>(row: { state: string; settledAt: Time | null; createdAt: Time }): Time {
  return (row.state === "QUEUED" ? null : row.settledAt) ?? row.createdAt;
}

/** Writes the time since an instant in its largest unit, such as 16 min. */
export function ageOf(instant: Temporal.Instant): string {
  return durationOf(Math.max(0, Temporal.Now.instant().since(instant).total("seconds")));
}

/** Writes a duration in its largest unit, rounded down or up. */
export function durationOf(seconds: number, round: (value: number) => number = Math.floor): string {
  const [unit, length] = UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${round(seconds / length)} ${unit}`;
}
