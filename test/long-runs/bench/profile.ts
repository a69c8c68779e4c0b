import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepBusy } from "./drive.ts";
import { aligned } from "./report.ts";
import { type Target, startTarget } from "./targets.ts";

/** Folder for profiles. It is not committed. */
const FOLDER = fileURLToPath(new URL("../../../.data/profiles/", import.meta.url));
/** Microseconds between two samples. */
const SAMPLE_EVERY = 200;
/** Time after which V8 has compiled the way of a create. */
const WARM_UP_MS = 15_000;

/** Used parts of a V8 CPU profile. Times are in microseconds, of the clock of process.hrtime. */
interface CpuProfile {
  startTime: number;
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** Profiles a target under helpdesk creates. Returns the file, for DevTools, and a summary of the time by owner and function. */
export async function profile(target: Target, seconds: number): Promise<{ file: string; summary: string }> {
  const folder = join(FOLDER, `${target.name.replaceAll(" ", "-")}-${Date.now()}`);
  mkdirSync(folder, { recursive: true });
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_EVERY}`];
  const running = await startTarget(target, flags);
  await keepBusy(running, target.works.helpdesk(), WARM_UP_MS);
  const from = nowMicros();
  const { requests } = await keepBusy(running, target.works.helpdesk(), seconds * 1000);
  const to = nowMicros();
  await running.stop();
  const file = join(folder, readdirSync(folder)[0]!);
  const times = timesIn(JSON.parse(readFileSync(file, "utf8")) as CpuProfile, from, to);
  return {
    file,
    summary: [tableOfTimes(times.byOwner, requests, 40), tableOfTimes(times.byFunction, requests, 40)].join(
      "\n\n",
    ),
  };
}

function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Sums microseconds by owner of the code and by function. Time in Node's own code counts for its caller. */
function timesIn({ startTime, nodes, samples, timeDeltas }: CpuProfile, from: number, to: number) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const ownerOf = (id: number | undefined): string => {
    const node = id === undefined ? undefined : byId.get(id);
    if (!node) return "Node itself";
    const { functionName, url } = node.callFrame;
    if (/^\((?:garbage|idle|program)/.test(functionName)) return functionName;
    return ownerIn(url) ?? ownerOf(parents.get(id!));
  };
  const byOwner = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    const micros = timeDeltas[index]!;
    at += micros;
    const node = byId.get(id);
    if (at < from || at > to || !node) continue;
    const { functionName, url, lineNumber } = node.callFrame;
    const place =
      url === "" ? ownerOf(id) : `${url.replace(/^.*\/(?:node_modules|dist)\//, "")}:${lineNumber + 1}`;
    add(byOwner, ownerOf(id), micros);
    add(byFunction, `${functionName || "(anonymous)"}  ${place}`, micros);
  }
  return { byOwner, byFunction };
}

/** Finds the owner of code: a package, or a room of this service. Null: Node's own code. */
function ownerIn(url: string): string | null {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  const [, room] = /\/dist\/([^/.]+)/.exec(url) ?? [];
  return name ?? (room === undefined ? null : `ours: ${room}`);
}

function add(times: Map<string, number>, key: string, micros: number): void {
  times.set(key, (times.get(key) ?? 0) + micros);
}

function tableOfTimes(times: ReadonlyMap<string, number>, requests: number, most: number): string {
  const rows = [...times].filter(([name]) => name !== "(idle)").toSorted(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, micros]) => sum + micros, 0);
  return aligned([
    ["where", "µs a request", "%"],
    ...rows
      .slice(0, most)
      .map(([name, micros]) => [name, (micros / requests).toFixed(1), ((micros / total) * 100).toFixed(1)]),
  ]);
}
