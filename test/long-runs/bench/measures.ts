import { watched } from "../watched.ts";

export type Figures = Readonly<Record<string, number>>;
/** Values of each figure in all slices, by name of what was measured. Values at the same position were taken in the same round. */
export type Slices = Record<string, Record<string, number[]>>;

/**
 * Measures each subject once in every round, so that a disturbance of the machine meets all of them. The order changes, so that none
 * always follows the same one.
 */
export async function measureInTurn<Subject extends { name: string }>(
  what: string,
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Figures>,
): Promise<Slices> {
  const slices: Slices = {};
  const total = rounds * subjects.length;
  await watched(`slices of ${what}`, async (tell) => {
    for (let slice = 0; slice < total; slice++) {
      const round = Math.floor(slice / subjects.length);
      const subject = subjects[(slice + round) % subjects.length]!;
      for (const [figure, value] of Object.entries(await measure(subject)))
        ((slices[figure] ??= {})[subject.name] ??= []).push(value);
      tell(`${slice + 1} slices of ${what}, ${subject.name}`, (slice + 1) / total);
    }
  });
  return slices;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return (sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2) || NaN;
}

/** Returns the quantile: `share` (0 to 1) of the values are below it. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));

/** Writes the medians of everything that was measured, with at least three significant digits. */
export function medians(phases: readonly Slices[]): string {
  const names = new Set(phases.flatMap((slices) => Object.values(slices)).flatMap(Object.keys));
  return table(phases, [...names], (values, name) => {
    const value = median(values[name] ?? []);
    return Number.isNaN(value) ? "" : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
  });
}

/**
 * Writes the ratios of `name` to each of `bases`, with their quartiles. They are taken round by round: a disturbance of a whole
 * round affects both and cancels out.
 */
export function ratios(phases: readonly Slices[], name: string, bases: readonly string[]): string {
  const cells = table(phases, bases, ({ [name]: values = [], ...others }, base) => {
    const all = values.map((value, round) => value / (others[base]?.[round] ?? NaN));
    const [low, middle, high] = [percentile(all, 0.25), median(all), percentile(all, 0.75)];
    return Number.isNaN(middle) ? "" : `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  });
  return `${name} as a ratio to others, with quartiles\n${cells}`;
}

/** Makes a table with a row for each figure. `cell` gets the figure's values by name. */
function table(
  phases: readonly Slices[],
  names: readonly string[],
  cell: (values: Slices[string], name: string) => string,
): string {
  const labelled = phases
    .flatMap((slices) => Object.entries(slices))
    .map(([figure, values]) => [figure, ...names.map((name) => cell(values, name))]);
  const rows = [["", ...names], ...labelled.filter(([, ...cells]) => cells.some(Boolean))];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const padded = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}
