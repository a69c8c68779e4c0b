import { type Slices, median, percentile } from "./measures.ts";

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
