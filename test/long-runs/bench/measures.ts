import { watched } from "../watched.ts";

/** Figures of one slice, by name and unit. */
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
