import { setTimeout as sleep } from "node:timers/promises";
import { openLoop } from "../loops.ts";
import { CONNECTIONS, type Work, poolOf } from "./pool.ts";
import { type Figures, percentile } from "./measures.ts";
import { type Running, type Target, startTarget } from "./targets.ts";
import type { WorkName } from "./works.ts";

/** One load under which targets are measured. Targets that cannot do the work are left out. */
export interface Phase {
  name: string;
  work: WorkName;
  measure: (running: Running) => Promise<Figures>;
}

/** Slice of a closed loop. Short slices in turn meet the same disturbances of the machine. */
const SLICE_MS = 1000;
/** Share of a slice for which the target must have run on a core. On a busy machine a slice goes on until then: few requests say little. */
const LEAST_RUN = 0.3;
/** Requests in a slice of an open loop: five of those that count lie above its p99. */
const PACED_REQUESTS = 600;
/** Share of a slice that is not counted, because connections are still opened then, also behind the target. */
const SETTLING = 0.1;

export function flood(work: WorkName, name: string): Phase {
  const measure = async (running: Running) => {
    const figures = await keepBusy(running, await running.works[work]!(running.origin), name);
    return { ...figures, "    memory, MiB": running.residentMiB() };
  };
  return { name, work, measure };
}

/** Creates that leave at a fixed rate, whatever happens to earlier ones. */
export function pacedCreates(perSecond: number): Phase {
  const name = `creates, ${perSecond} a second`;
  const measure = async (running: Running) =>
    keepPace(running, await running.works["creates"]!(running.origin), name, perSecond);
  return { name, work: "creates", measure };
}

export async function measureStart(target: Target): Promise<Figures> {
  await using running = await startTarget(target);
  await sleep(500);
  return { "start to the first answer, ms": running.startMs, "    memory, idle, MiB": running.residentMiB() };
}

/** Runs a closed loop for a slice: each connection sends its next request after the last answer. Rejects when an answer is wrong. */
async function keepBusy({ origin, cpuMicros }: Running, work: Work, name: string) {
  await using pool = poolOf(origin);
  const loop = { answered: 0, stopping: false };
  const loops = Array.from({ length: work.atOnce ?? CONNECTIONS }, async () => {
    while (!loop.stopping) {
      await pool.send(work);
      loop.answered += work.parts ?? 1;
    }
  });
  const failing = Promise.all(loops);
  const now = () => ({ answered: loop.answered, cpu: cpuMicros(), at: performance.now() });
  await Promise.race([sleep(SLICE_MS * SETTLING), failing]);
  const before = now();
  const endAt = before.at + SLICE_MS * (1 - SETTLING);
  let after = before;
  while (after.at < endAt || after.cpu < before.cpu + SLICE_MS * LEAST_RUN * 1000) {
    await Promise.race([sleep(50), failing]);
    after = now();
  }
  loop.stopping = true;
  await failing;
  const answered = after.answered - before.answered;
  return {
    [`${name}: CPU each, µs`]: (after.cpu - before.cpu) / answered,
    "    number a second": answered / ((after.at - before.at) / 1000),
  };
}

/** Runs an open loop. Latencies count from the planned time of each request. Rejects when an answer is wrong. */
async function keepPace({ origin, cpuMicros }: Running, work: Work, name: string, perSecond: number) {
  await using pool = poolOf(origin);
  const settled = Math.ceil(PACED_REQUESTS * SETTLING);
  const begin = performance.now();
  let [before, left] = [0, 0];
  const send = async (nth: number) => {
    left++;
    if (nth === settled) before = cpuMicros();
    // A timer may end a millisecond early.
    const leftAt = Math.min(begin + (nth / perSecond) * 1000, performance.now());
    await pool.send(work);
    return performance.now() - leftAt;
  };
  const latencies = (await openLoop(perSecond, () => left === PACED_REQUESTS, send)).slice(settled);
  return {
    [`${name}: CPU each, µs`]: (cpuMicros() - before) / latencies.length,
    "    p50, ms": percentile(latencies, 0.5),
    "    p99, ms": percentile(latencies, 0.99),
  };
}
