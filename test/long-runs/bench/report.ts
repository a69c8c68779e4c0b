/** Results as text for a terminal. */
import type { Goal } from "./goals.ts";
import { MEASURES, MEASURE_NAMES, type Measure, type Summary } from "./measures.ts";
import type { KeptRun } from "./results.ts";
import type { Results } from "./rounds.ts";
import { RAW } from "./targets.ts";

/** Writes medians, each with its ratio to the raw proxy. */
export function table(results: Results): string {
  const names = [...results.keys()];
  const rows = MEASURE_NAMES.map((measure) => [
    `${MEASURES[measure].label}, ${MEASURES[measure].unit}`,
    ...names.map((name) => cell(results, name, measure)),
  ]);
  return aligned([["", ...names], ...rows]);
}

function cell(results: Results, name: string, measure: Measure): string {
  const samples = results.get(name)!;
  if (samples.of(measure).length === 0) return "";
  const { median } = samples.summary(measure);
  const ratio = samples.ratioTo(results.get(RAW)!, measure).median;
  return name === RAW || Number.isNaN(ratio) ? figure(median) : `${figure(median)}  ${ratio.toFixed(2)}×`;
}

export function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ text, now, goal, unit, met }) => [
    text,
    `${figure(goal)} ${unit}`,
    figure(now.median),
    range(now),
    met ? "met" : "NOT MET",
  ]);
  return aligned([["", "goal", "now", "quartiles", ""], ...rows]);
}

/** Writes the changes of the ratios since the last kept run. */
export function changes(now: KeptRun, last: KeptRun): string {
  const rows = Object.entries(now.ratios).flatMap(([name, ratios]) =>
    MEASURE_NAMES.flatMap((measure) => {
      const [before, after] = [last.ratios[name]?.[measure], ratios[measure]];
      if (name === RAW || before === undefined || after === undefined) return [];
      const percent = Math.round((after / before - 1) * 100);
      const change = `${percent > 0 ? "+" : ""}${percent} %`;
      return [[`${MEASURES[measure].label}, ${name}`, before.toFixed(2), after.toFixed(2), change]];
    }),
  );
  const [date] = last.date.split("T");
  const title = `Ratios against those of ${date} (${last.cpu}, Node ${last.node})`;
  return aligned([[title, "then", "now", "change"], ...rows]);
}

/** Writes the quartiles. */
export function range({ low, high }: Summary): string {
  return `${figure(low)} to ${figure(high)}`;
}

/** Writes a number with at least three significant digits. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** Aligns columns: the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const padded = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}
