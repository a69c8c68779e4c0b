import { setTimeout as sleep } from "node:timers/promises";
import { keepBusy, keepPace, postAll } from "./drive.ts";
import { type Measure, Samples, median, percentile } from "./measures.ts";
import { type Running, type Target, startTarget } from "./targets.ts";
import { REFERENCES, type Work, type WorkName } from "./works.ts";

export interface Plan {
  /** Starts of each target, each with its memory and its cost while it is cold. */
  starts: number;
  /** Least and most seconds for which a target is driven before it is measured, and the least seconds of CPU that it must use meanwhile. */
  warmUp: { least: number; leastCpu: number; most: number };
  /** Rounds that are counted. */
  rounds: number;
  /** Requests a second of the open loop. */
  pace: number;
  /** True: rounds hold nothing but helpdesk creates in a closed loop. */
  createsOnly: boolean;
}

/** Samples by name of target. */
export type Results = ReadonlyMap<string, Samples>;
/** Reports that some planned seconds have passed. */
export type Advance = (seconds: number, line: string) => void;

/** Pause between the start of a target and the look at its memory. Seconds. */
const CALM_S = 0.5;
/** Time for which a target is driven before its cost counts as that of a cold one. V8 then has compiled little. Seconds. */
const COLD_S = 3;
/** Slice of the closed loop that is measured. Short slices in turn meet the same disturbances of the machine. Seconds. */
const SLICE_S = 1;
/** Slices of smaller works. Seconds. */
const SMALL_SLICE_S = 0.5;
/** Rounds that are not counted, because V8 has not compiled the other works yet. */
const UNCOUNTED_ROUNDS = 2;
/** A target is warm when this number of slices cost no less than as many slices before. */
const STEADY_SLICES = 5;
/** Smallest fall of the cost that counts, as a share. */
const FALL = 0.02;
const MICROS_A_SECOND = 1_000_000;
/** Number of tickets for status updates and references. */
const TICKETS = 200;

/** Seconds that a plan takes for each target, at least. */
export function secondsOf({ starts, warmUp, rounds, createsOnly }: Plan): number {
  const roundS = createsOnly ? SLICE_S : 2 * SLICE_S + 3 * SMALL_SLICE_S;
  return starts * START_S + warmUp.least + (rounds + UNCOUNTED_ROUNDS) * roundS;
}
const START_S = 1 + CALM_S + COLD_S + SLICE_S;

/** Measures all targets. They take turns in everything. */
export async function measureAll(targets: readonly Target[], plan: Plan, advance: Advance): Promise<Results> {
  const results: Results = new Map(targets.map(({ name }) => [name, new Samples()]));
  await using opened = new AsyncDisposableStack();
  for (let start = 1; start < plan.starts; start++) {
    for (const target of inOrderOf(start, targets)) {
      const running = await startCold(target, results, advance);
      await running.stop();
    }
  }
  const all: Running[] = [];
  for (const target of targets) all.push(opened.use(await startCold(target, results, advance)));
  await warm(all, plan, advance);
  const uncounted: Results = new Map(targets.map(({ name }) => [name, new Samples()]));
  for (let round = 0; round < UNCOUNTED_ROUNDS; round++) await runRound(round, all, plan, uncounted, advance);
  for (let round = 0; round < plan.rounds; round++) await runRound(round, all, plan, results, advance);
  return results;
}

/** Starts a target. Measures the start, its memory, and its cost while it is cold. */
async function startCold(target: Target, results: Results, advance: Advance): Promise<Running> {
  const running = await startTarget(target);
  const samples = results.get(target.name)!;
  samples.add("startMs", running.startMs);
  await sleep(CALM_S * 1000);
  samples.add("idleMiB", running.residentMiB());
  await createMicros(running, COLD_S);
  samples.add("coldMicros", await createMicros(running, SLICE_S));
  advance(START_S, `started ${target.name}`);
  return running;
}

/** Drives the targets in turn until the CPU per request of each has stopped to fall. */
export async function warm(
  targets: readonly Running[],
  { warmUp: { least, leastCpu, most } }: Plan,
  advance: Advance,
): Promise<void> {
  const costs = new Map(targets.map((running) => [running, [] as number[]]));
  for (let second = 0; second < most; second += SLICE_S) {
    const cold = targets.filter(
      (running) =>
        second < least || running.cpuMicros() < leastCpu * MICROS_A_SECOND || isFalling(costs.get(running)!),
    );
    for (const running of cold) {
      costs.get(running)!.push(await createMicros(running, SLICE_S));
      advance(second < least ? SLICE_S : 0, `warming up ${running.target.name}`);
    }
  }
}

function isFalling(costs: readonly number[]): boolean {
  const [before, last] = [costs.slice(-2 * STEADY_SLICES, -STEADY_SLICES), costs.slice(-STEADY_SLICES)];
  return before.length < STEADY_SLICES || median(last) < median(before) * (1 - FALL);
}

/** CPU per helpdesk create in a slice, in microseconds. */
export async function createMicros(running: Running, seconds: number): Promise<number> {
  const { cpuMicros, requests } = await keepBusy(running, running.target.works.helpdesk(), seconds * 1000);
  return cpuMicros / requests;
}

/** Runs one round: each work on each target in turn, with another order of targets each time. */
async function runRound(
  round: number,
  targets: readonly Running[],
  { pace, createsOnly }: Plan,
  results: Results,
  advance: Advance,
): Promise<void> {
  const inOrder = inOrderOf(round, targets);
  for (const name of createsOnly ? [] : (["status", "entities", "voice"] as const)) {
    for (const running of inOrder) {
      const work = await prepared(name, running);
      if (work) await measureSmall(name, work, running, results);
      advance(SMALL_SLICE_S, name);
    }
  }
  for (const running of inOrder) {
    await measureHelpdesk(running, results);
    advance(SLICE_S, "helpdesk");
  }
  if (createsOnly) return;
  for (const { address, target } of inOrder) {
    const work = target.works.helpdesk();
    const latencies = await keepPace(address, work, { ms: SLICE_S * 1000, perSecond: pace });
    const samples = results.get(target.name)!;
    samples.add("p50Ms", percentile(latencies, 0.5));
    samples.add("p99Ms", percentile(latencies, 0.99));
    advance(SLICE_S, "fixed rate");
  }
}

async function measureSmall(name: SmallWork, work: Work, running: Running, results: Results): Promise<void> {
  const { cpuMicros, requests } = await keepBusy(running, work, SMALL_SLICE_S * 1000);
  const [measure, parts] = SMALL_WORKS[name];
  results.get(running.target.name)!.add(measure, cpuMicros / requests / parts);
}

/** Measure of each smaller work, and the number of equal parts of one request. */
const SMALL_WORKS = {
  voice: ["voiceMicros", 1],
  status: ["statusMicros", 1],
  entities: ["referenceMicros", REFERENCES],
} as const satisfies Partial<Record<WorkName, [Measure, number]>>;
type SmallWork = keyof typeof SMALL_WORKS;

async function measureHelpdesk(running: Running, results: Results): Promise<void> {
  const busy = await keepBusy(running, running.target.works.helpdesk(), SLICE_S * 1000);
  const samples = results.get(running.target.name)!;
  samples.add("helpdeskMicros", busy.cpuMicros / busy.requests);
  samples.add("perSecond", busy.requests / busy.seconds);
  samples.add("busyPercent", (100 * busy.cpuMicros) / (busy.seconds * MICROS_A_SECOND));
  samples.add("loadedMiB", running.residentMiB());
}

/** Prepares a work, with new tickets if it needs them. The sandbox still has them. */
async function prepared(name: SmallWork, { address, target: { works } }: Running): Promise<Work | null> {
  if (name === "voice") return works.voice();
  if (name === "entities" && !works.entities) return null;
  const tickets = await postAll(address, works.voice(), TICKETS);
  const status = works.status(tickets);
  await postAll(address, status, TICKETS); // reports the details of the tickets
  return name === "status" ? status : works.entities!(tickets);
}

/** Rotates the order, so that no target always follows the same one. */
function inOrderOf<Item>(round: number, items: readonly Item[]): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
