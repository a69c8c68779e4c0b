/** Results as text for a terminal. */
import type { Goal } from "./goals.ts";
import { MEASURES, MEASURE_NAMES, type Measure } from "./measures.ts";
import type { KeptRun } from "./results.ts";
import type { Results } from "./rounds.ts";
import { RAW, TARGET_NAMES, type TargetName } from "./targets.ts";

/** Writes medians, each with its ratio to the raw proxy. */
export function table(results: Results): string {
  const rows = MEASURE_NAMES.map((measure) => [
    `${MEASURES[measure].label}, ${MEASURES[measure].unit}`,
    ...TARGET_NAMES.map((name) => cell(results, name, measure)),
  ]);
  return aligned([["", ...TARGET_NAMES], ...rows]);
}

function cell(results: Results, name: TargetName, measure: Measure): string {
  const samples = results.get(name)!;
  if (samples.of(measure).length === 0) return "";
  const median = figure(samples.median(measure));
  const ratio = samples.ratioTo(results.get(RAW)!, measure);
  return name === RAW || Number.isNaN(ratio) ? median : `${median}  ${ratio.toFixed(2)}×`;
}

export function goalTable(goals: readonly Goal[]): string {
  return aligned(goals.map(({ text, value, met }) => [text, figure(value), met ? "met" : "NOT MET"]));
}

/** Writes the changes of the ratios since the last kept run. */
export function changes(now: KeptRun, last: KeptRun): string {
  const rows = TARGET_NAMES.flatMap((name) =>
    MEASURE_NAMES.flatMap((measure) => {
      const [before, after] = [last.ratios[name]?.[measure], now.ratios[name]?.[measure]];
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
