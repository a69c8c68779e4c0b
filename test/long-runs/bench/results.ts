import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { MEASURE_NAMES, type Measure, type Samples } from "./measures.ts";
import { cores, pinned } from "./processes.ts";
import type { Plan, Results } from "./rounds.ts";
import { RAW } from "./targets.ts";

/** File of the last kept run, in the repository. */
const LATEST = fileURLToPath(new URL("results/latest.json", import.meta.url));

const [load = 0] = loadavg();

/** Numbers by target and measure. */
type Numbers = Record<string, Partial<Record<Measure, number>>>;

/** Circumstances of a run. */
export interface Circumstances {
  date: string;
  node: string;
  cpu: string;
  cores: number;
  pinned: boolean;
  /** Load average of the minute before, which shows other work on the machine. */
  load: number;
}

/** A run in the form in which it is kept. */
export interface KeptRun extends Circumstances {
  plan: Plan;
  medians: Numbers;
  /** Ratios to the raw proxy, and the quartiles of the rounds' ratios. */
  ratios: Numbers;
  ratiosLow: Numbers;
  ratiosHigh: Numbers;
}

export function circumstances(): Circumstances {
  const cpu = cpus()[0]?.model ?? "unknown";
  return { date: new Date().toISOString(), node: process.version, cpu, cores, pinned, load };
}

export function runToKeep(plan: Plan, results: Results): KeptRun {
  const raw = results.get(RAW)!;
  return {
    ...circumstances(),
    plan,
    medians: numbers(results, (samples, measure) => samples.summary(measure).median),
    ratios: numbers(results, (samples, measure) => samples.ratioTo(raw, measure).median),
    ratiosLow: numbers(results, (samples, measure) => samples.ratioTo(raw, measure).low),
    ratiosHigh: numbers(results, (samples, measure) => samples.ratioTo(raw, measure).high),
  };
}

/** Rounds measurements to four digits. */
function numbers(results: Results, number: (samples: Samples, measure: Measure) => number): Numbers {
  const rows = [...results].map(([name, samples]) => {
    const values = MEASURE_NAMES.map((measure) => [measure, number(samples, measure)] as const)
      .filter(([, value]) => Number.isFinite(value))
      .map(([measure, value]) => [measure, Number(value.toPrecision(4))] as const);
    return [name, Object.fromEntries(values)] as const;
  });
  return Object.fromEntries(rows);
}

export function lastKept(): KeptRun | null {
  return existsSync(LATEST) ? (JSON.parse(readFileSync(LATEST, "utf8")) as KeptRun) : null;
}

/** Replaces the last kept run. Returns the file. */
export function keepRun(run: KeptRun): string {
  mkdirSync(dirname(LATEST), { recursive: true });
  writeFileSync(LATEST, `${JSON.stringify(run, null, 2)}\n`);
  return LATEST;
}
