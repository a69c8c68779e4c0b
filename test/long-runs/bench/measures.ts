/** Measures of the benchmark, and their summaries. */

export const MEASURES = {
  helpdeskMicros: { label: "CPU, helpdesk create", unit: "µs" },
  coldMicros: { label: "CPU, helpdesk create, cold", unit: "µs" },
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

/** A summary of values: the median, and the quartiles, between which half of the values lie. */
export interface Summary {
  median: number;
  low: number;
  high: number;
}

/** Values of one target, one for each slice. */
export class Samples {
  readonly #values = new Map<Measure, number[]>();

  add(measure: Measure, value: number): void {
    this.#values.set(measure, [...this.of(measure), value]);
  }

  of(measure: Measure): readonly number[] {
    return this.#values.get(measure) ?? [];
  }

  /** Its numbers are NaN when it was not measured. */
  summary(measure: Measure): Summary {
    return summaryOf(this.of(measure));
  }

  /**
   * Ratio of the medians. Its quartiles are those of the ratios of slices of one round: a disturbance of a whole round affects both
   * targets and cancels out.
   */
  ratioTo(base: Samples, measure: Measure): Summary {
    const bases = base.of(measure);
    const ratios = this.of(measure).map((value, round) => value / (bases[round] ?? NaN));
    return { ...summaryOf(ratios), median: median(this.of(measure)) / median(bases) };
  }
}

export function summaryOf(values: readonly number[]): Summary {
  return { median: median(values), low: percentile(values, 0.25), high: percentile(values, 0.75) };
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
