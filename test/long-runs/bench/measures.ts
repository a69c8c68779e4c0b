/** Measures of the benchmark, and their summaries. */

export const MEASURES = {
  helpdeskMicros: { label: "CPU, helpdesk create", unit: "µs" },
  voiceMicros: { label: "CPU, voice create", unit: "µs" },
  statusMicros: { label: "CPU, status update", unit: "µs" },
  referenceMicros: { label: "CPU, reference of _entities", unit: "µs" },
  perSecond: { label: "throughput, helpdesk creates", unit: "/s" },
  busyPercent: { label: "share of a core used meanwhile", unit: "%" },
  p50Ms: { label: "p50 at the fixed rate", unit: "ms" },
  p99Ms: { label: "p99 at the fixed rate", unit: "ms" },
  idleMiB: { label: "memory, idle", unit: "MiB" },
  loadedMiB: { label: "memory, under load", unit: "MiB" },
  startMs: { label: "start to the first answer", unit: "ms" },
} as const;
export type Measure = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as Measure[];

/** Values of one target, one for each round. */
export class Samples {
  readonly #values = new Map<Measure, number[]>();

  add(measure: Measure, value: number): void {
    this.#values.set(measure, [...this.of(measure), value]);
  }

  of(measure: Measure): readonly number[] {
    return this.#values.get(measure) ?? [];
  }

  /** NaN when it was not measured. */
  median(measure: Measure): number {
    return median(this.of(measure));
  }

  /** Median of the ratios of each round. A disturbance of a whole round affects both targets and cancels out. */
  ratioTo(base: Samples, measure: Measure): number {
    const bases = base.of(measure);
    return median(this.of(measure).map((value, round) => value / (bases[round] ?? NaN)));
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Returns the quantile: `share` (0 to 1) of the values are below it. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
