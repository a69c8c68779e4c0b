/** Text as people read and type it. Rows of the ledger may hold characters that a browser obeys or hides. */

/** Characters that are not shown, or that change the order of others, without the ends of lines. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{DI}\p{Cf}]/gu;

/** Writes hidden characters as their numbers, such as \u{1b}. */
export function printable(text: string): string {
  return text.replaceAll(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
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

/** Writes a duration in its largest unit, rounded down or up. */
export function durationOf(seconds: number, round: (value: number) => number = Math.floor): string {
  const [unit, length] = UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${round(seconds / length)} ${unit}`;
}
