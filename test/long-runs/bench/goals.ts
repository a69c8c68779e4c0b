import type { Results } from "./rounds.ts";
import { RAW, type TargetName, USUAL } from "./targets.ts";
import type { Measure } from "./measures.ts";

/** A promise, with its result. */
export interface Goal {
  text: string;
  value: number;
  unit: string;
  met: boolean;
}

/** Compares the promises of this service with the results. */
export function goals(results: Results): Goal[] {
  const of = (name: TargetName) => results.get(name)!;
  const value = (name: TargetName, measure: Measure) => of(name).median(measure);
  const ratio = (name: TargetName, measure: Measure, base: TargetName = RAW) =>
    of(name).ratioTo(of(base), measure);
  return [
    atMost(2.4, "× raw", "CPU per helpdesk create, SQLite", ratio("SQLite", "helpdeskMicros")),
    atMost(3.0, "× raw", "CPU per helpdesk create, PostgreSQL", ratio("PostgreSQL", "helpdeskMicros")),
    atLeast(0.42, "× raw", "throughput, SQLite", ratio("SQLite", "perSecond")),
    atLeast(2.5, "× usual", "throughput, SQLite", ratio("SQLite", "perSecond", USUAL)),
    atMost(3, "ms over raw", "p99, SQLite", value("SQLite", "p99Ms") - value(RAW, "p99Ms")),
    atMost(3, "ms over raw", "p99, PostgreSQL", value("PostgreSQL", "p99Ms") - value(RAW, "p99Ms")),
    atMost(15, "µs", "CPU per reference, SQLite", value("SQLite", "referenceMicros")),
    atMost(110, "MiB", "memory, idle, SQLite", value("SQLite", "idleMiB")),
    atMost(1.1, "× raw", "memory, idle, SQLite", ratio("SQLite", "idleMiB")),
    atMost(110, "MiB", "memory, under load, SQLite", value("SQLite", "loadedMiB")),
    atMost(1.1, "× raw", "memory, under load, SQLite", ratio("SQLite", "loadedMiB")),
    atMost(400, "ms", "start to the first answer, SQLite", value("SQLite", "startMs")),
  ];
}

function atMost(limit: number, unit: string, what: string, value: number): Goal {
  return { text: `${what}: at most ${limit} ${unit}`, value, unit, met: value <= limit };
}

function atLeast(limit: number, unit: string, what: string, value: number): Goal {
  return { text: `${what}: at least ${limit} ${unit}`, value, unit, met: value >= limit };
}
