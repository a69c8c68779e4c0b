import type { Summary } from "./measures.ts";
import type { Results } from "./rounds.ts";
import { MERCURIUS, RAW, USUAL } from "./targets.ts";
import { MEASURES, type Measure, summaryOf } from "./measures.ts";

/** A promise of this service, with the figure of this run. */
export interface Goal {
  text: string;
  unit: string;
  now: Summary;
  goal: number;
  met: boolean;
}

/** Compares the promises of this service with the results. */
export function goals(results: Results): Goal[] {
  const of = (target: string) => results.get(target)!;
  const value = (target: string, measure: Measure) => of(target).summary(measure);
  const ratio = (target: string, measure: Measure, base = RAW) => of(target).ratioTo(of(base), measure);
  const create = MEASURES.helpdeskMicros.label;
  return [
    atMost(4, "× raw", `${create}, SQLite`, ratio("SQLite", "helpdeskMicros")),
    atMost(4, "× raw", `${create}, PostgreSQL`, ratio("PostgreSQL", "helpdeskMicros")),
    atMost(1.7, "× Mercurius", `${create}, SQLite`, ratio("SQLite", "helpdeskMicros", MERCURIUS)),
    atMost(1.3, "× warm", `${create}, cold, SQLite`, coldOverWarm(results)),
    atLeast(0.26, "× raw", "throughput, SQLite", ratio("SQLite", "perSecond")),
    atLeast(2.2, "× usual", "throughput, SQLite", ratio("SQLite", "perSecond", USUAL)),
    atMost(2, "ms over raw", "p99 at the fixed rate, SQLite", overRaw(results, "SQLite")),
    atMost(2, "ms over raw", "p99 at the fixed rate, PostgreSQL", overRaw(results, "PostgreSQL")),
    atMost(15, "µs", "CPU, reference of _entities, SQLite", value("SQLite", "referenceMicros")),
    atMost(90, "MiB", "memory, idle, SQLite", value("SQLite", "idleMiB")),
    atMost(180, "MiB", "memory, under load, SQLite", value("SQLite", "loadedMiB")),
    atMost(250, "ms", "start to the first answer, SQLite", value("SQLite", "startMs")),
  ];
}

/** Costs of each start while it was cold, against the warm cost. */
function coldOverWarm(results: Results): Summary {
  const samples = results.get("SQLite")!;
  const warm = samples.summary("helpdeskMicros").median;
  return summaryOf(samples.of("coldMicros").map((cold) => cold / warm));
}

function overRaw(results: Results, target: string): Summary {
  const raw = results.get(RAW)!.of("p99Ms");
  return summaryOf(
    results
      .get(target)!
      .of("p99Ms")
      .map((ms, round) => ms - raw[round]!),
  );
}

function atMost(goal: number, unit: string, text: string, now: Summary): Goal {
  return { text: `${text}: at most`, unit, now, goal, met: now.median <= goal };
}

function atLeast(goal: number, unit: string, text: string, now: Summary): Goal {
  return { text: `${text}: at least`, unit, now, goal, met: now.median >= goal };
}
