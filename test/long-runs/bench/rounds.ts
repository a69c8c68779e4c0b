import { setTimeout as sleep } from "node:timers/promises";
import { keepBusy, keepPace, postOnce } from "./drive.ts";
import { Samples, percentile } from "./measures.ts";
import { type Running, type Target, type TargetName, startTarget } from "./targets.ts";
import { REFERENCES, type Work, type WorkName } from "./works.ts";

export interface Plan {
  rounds: number;
  /** Seconds of a slice; slices of smaller works are half as long. */
  seconds: number;
  warmUpSeconds: number;
  /** Requests a second of the open loop. */
  pace: number;
}

export type Results = ReadonlyMap<TargetName, Samples>;
type Progress = (line: string) => void;

/** Pause between the start of a target and the look at its memory, in milliseconds. */
const CALM_MS = 500;
/** Number of tickets for status updates and references. */
const TICKETS = 200;

/** Starts every target once in each round, and keeps the last ones running, warm. */
export async function startAll(
  targets: readonly Target[],
  { rounds, warmUpSeconds }: Plan,
  results: Results,
  progress: Progress,
): Promise<{ all: Running[] } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const all: Running[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const target of inOrderOf(round, targets)) {
      const running = opened.use(await startTarget(target));
      await sleep(CALM_MS);
      const samples = results.get(target.name)!;
      samples.add("startMs", running.startMs);
      samples.add("idleMiB", running.residentMiB());
      progress(`start ${round}: ${target.name}, ${running.startMs.toFixed(0)} ms`);
      if (round < rounds) await running.stop();
      else all.push(running);
    }
  }
  for (const running of all) {
    progress(`warming up: ${running.target.name}`);
    await keepBusy(running, running.target.works.helpdesk(), warmUpSeconds * 1000);
  }
  const moved = opened.move();
  return { all, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Runs one round: each work on each target in turn, with another order of targets each time. */
export async function runRound(
  round: number,
  targets: readonly Running[],
  { seconds, pace }: Plan,
  results: Results,
  progress: Progress,
): Promise<void> {
  const inOrder = inOrderOf(round, targets);
  for (const name of ["status", "entities", "voice", "helpdesk"] as const) {
    for (const running of inOrder) {
      const work = await prepared(name, running);
      if (work) await measureBusy(name, work, running, seconds, results.get(running.target.name)!);
    }
    progress(`round ${round}: ${name}`);
  }
  for (const { address, target } of inOrder) {
    const work = target.works.helpdesk();
    const latencies = await keepPace(address, work, { ms: seconds * 1000, perSecond: pace });
    const samples = results.get(target.name)!;
    samples.add("p50Ms", percentile(latencies, 0.5));
    samples.add("p99Ms", percentile(latencies, 0.99));
  }
  progress(`round ${round}: fixed rate`);
}

async function measureBusy(
  name: WorkName,
  work: Work,
  running: Running,
  seconds: number,
  samples: Samples,
): Promise<void> {
  const ms = seconds * 1000 * (name === "helpdesk" ? 1 : 0.5);
  const busy = await keepBusy(running, work, ms);
  const micros = busy.cpuMicros / busy.requests;
  if (name === "entities") samples.add("referenceMicros", micros / REFERENCES);
  else samples.add(`${name}Micros`, micros);
  if (name !== "helpdesk") return;
  samples.add("perSecond", busy.requests / busy.seconds);
  samples.add("busyPercent", busy.cpuMicros / busy.seconds / 10_000);
  samples.add("loadedMiB", running.residentMiB());
}

/** Prepares a work, with new tickets if it needs them. The sandbox still has them. */
async function prepared(name: WorkName, { address, target: { works } }: Running): Promise<Work | null> {
  if (name === "helpdesk" || name === "voice") return works[name]();
  if (name === "entities" && !works.entities) return null;
  const tickets: string[] = [];
  const voice = works.voice();
  while (tickets.length < TICKETS) tickets.push(await postOnce(address, voice));
  const status = works.status(tickets);
  for (const _ of tickets) await postOnce(address, status); // reports the details of the ticket
  return name === "status" ? status : works.entities!(tickets);
}

/** Rotates the order, so that no target always follows the same one. */
function inOrderOf<Item>(round: number, items: readonly Item[]): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
