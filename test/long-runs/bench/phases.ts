import { setTimeout as sleep } from "node:timers/promises";
import { keepBusy, keepPace } from "./drive.ts";
import { type Figures, percentile } from "./measures.ts";
import { type Running, type Target, startTarget } from "./targets.ts";
import type { WorkName } from "./works.ts";

/** One load under which targets are measured. Targets that cannot do the work are left out. */
export interface Phase {
  name: string;
  work: WorkName;
  measure: (running: Running) => Promise<Figures>;
}

const CALM_MS = 500;
/** Slice of a closed loop. Short slices in turn meet the same disturbances of the machine. */
const SLICE_MS = 1000;
/** Requests in a slice of an open loop: five of those that count lie above its p99. */
const PACED_REQUESTS = 600;

export function flood(work: WorkName, name: string): Phase {
  const measure = async (running: Running) => {
    const prepared = await running.works[work]!(running.origin);
    const { microsEach, perSecond } = await keepBusy(running, prepared, SLICE_MS);
    return {
      [`${name}: CPU each, µs`]: microsEach,
      "    number a second": perSecond,
      "    memory, MiB": running.residentMiB(),
    };
  };
  return { name, work, measure };
}

/** Creates that leave at a fixed rate, whatever happens to earlier ones. */
export function pacedCreates(perSecond: number): Phase {
  const name = `creates, ${perSecond} a second`;
  const measure = async (running: Running) => {
    const prepared = await running.works["creates"]!(running.origin);
    const { microsEach, latencies } = await keepPace(running, prepared, PACED_REQUESTS, perSecond);
    return {
      [`${name}: CPU each, µs`]: microsEach,
      "    p50, ms": percentile(latencies, 0.5),
      "    p99, ms": percentile(latencies, 0.99),
    };
  };
  return { name, work: "creates", measure };
}

export async function measureStart(target: Target): Promise<Figures> {
  await using running = await startTarget(target);
  await sleep(CALM_MS);
  return { "start to the first answer, ms": running.startMs, "    memory, idle, MiB": running.residentMiB() };
}
