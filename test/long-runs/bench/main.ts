/**
 * `npm run bench`: compares the cost of a request with a raw proxy, with Mercurius without checks, and with a usual subgraph for the
 * same vendor. Ends with 1 when an answer is wrong. Linux only: it reads /proc.
 */
import { execFileSync } from "node:child_process";
import { startPostgres } from "../../support/postgres.ts";
import { estimating, progress } from "../../support/verdict.ts";
import { readOptions } from "../options.ts";
import { buildAt, comparison } from "./compare.ts";
import { goals } from "./goals.ts";
import { growth } from "./growth.ts";
import { leaveCore0, pinned } from "./processes.ts";
import { profile } from "./profile.ts";
import { aligned, changes, figure, goalTable, table } from "./report.ts";
import { circumstances, keepRun, lastKept, runToKeep } from "./results.ts";
import { type Plan, type Results, measureAll, secondsOf } from "./rounds.ts";
import { RAW, type Target, type Urls, openCompared, openTargets, startSandboxProcess } from "./targets.ts";

const { values: options } = readOptions({
  options: {
    quick: { type: "boolean", default: false }, // a short look: colder, with a larger spread; results are not kept
    compare: { type: "string" }, // compares with the service at this commit
    only: { type: "string" }, // measures only targets whose name begins so, and the raw proxy
    rounds: { type: "string" },
    creates: { type: "boolean", default: false }, // measures only helpdesk creates, for a smaller spread in the same time
    growth: { type: "boolean", default: false }, // measures only the cost of a larger ledger
    profile: { type: "string" }, // profiles only this target
  },
});
const usual: Plan = {
  starts: 3,
  warmUp: { least: 15, leastCpu: 10, most: 60 },
  rounds: 20,
  pace: 300,
  createsOnly: options.creates,
};
const quick: Plan = {
  starts: 1,
  warmUp: { least: 4, leastCpu: 0, most: 4 },
  rounds: 4,
  pace: 300,
  createsOnly: options.creates,
};
const plan: Plan = options.quick ? quick : usual;
if (options.rounds !== undefined) plan.rounds = Number(options.rounds);
/** Seconds of a profile. */
const PROFILE_S = 9;
/** Largest ratio of costs in a ledger a thousand times as large that counts as equal. */
const FLAT = 1.1;

leaveCore0();
console.error(pinned ? "Targets have core 0 to themselves." : "Not pinned: targets share their cores.");
await using opened = new AsyncDisposableStack();
const postgres = await startPostgres();
opened.defer(() => postgres.stop());
const vendor = opened.use(await startSandboxProcess());
const urls: Urls = { vendor: vendor.url, postgres: postgres.url };

if (options.profile !== undefined) await runProfile(options.profile);
else if (options.growth) await runGrowth();
else if (options.compare !== undefined) await runCompare(options.compare);
else await runBench();

async function runBench(): Promise<void> {
  const targets = opened.use(await openTargets(urls));
  const results = await measured(targets.all);
  const run = runToKeep(plan, results);
  const last = lastKept();
  printHeading();
  console.log(table(results));
  if (options.only !== undefined || options.creates) return;
  console.log(`\n${goalTable(goals(results))}`);
  if (last) console.log(`\n${changes(run, last)}`);
  if (!options.quick) console.log(`\nKept in ${keepRun(run)}`);
}

async function runCompare(commit: string): Promise<void> {
  const other = opened.use(buildAt(commit));
  const targets = opened.use(await openCompared(urls, other));
  const results = await measured(targets.all);
  printHeading();
  console.log(comparison(results, other));
}

/** Finds the targets whose names begin with a text, in upper or lower case. Throws when there is none. */
function targetsBeginning(text: string, all: readonly Target[]): Target[] {
  const found = all.filter((each) => each.name.toLowerCase().startsWith(text.toLowerCase()));
  if (found.length > 0) return found;
  throw new Error(`There is no target ${text}. There are: ${all.map((each) => each.name).join(", ")}`);
}

/** Measures the targets that the options ask for, with progress. */
function measured(all: readonly Target[]): Promise<Results> {
  const wanted = targetsBeginning(options.only ?? "", all);
  const targets = all.filter((target) => target.name === RAW || wanted.includes(target));
  const total = Math.round(secondsOf(plan) * targets.length);
  const show = estimating(total, "s");
  let done = 0;
  return measureAll(targets, plan, (seconds, line) => {
    done += seconds;
    show(Math.min(Math.round(done), total), line);
  });
}

function printHeading(): void {
  const { date, cpu, cores, node, load } = circumstances();
  const pinning = pinned ? "pinned" : "not pinned";
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}, ${pinning}, load ${load.toFixed(1)}`);
  console.log(
    `Medians of ${plan.rounds} slices of a second in turn, after at least ${plan.warmUp.least} s of load; ` +
      `ratios to the raw proxy; ${plan.pace} requests/s at the fixed rate\n`,
  );
}

async function runGrowth(): Promise<void> {
  const found = await growth(urls, plan, progress);
  const rows = found.map(({ engine, fewMicros, manyMicros }) => {
    const times = manyMicros / fewMicros;
    return [
      engine,
      figure(fewMicros),
      figure(manyMicros),
      `${figure(times)}×`,
      times <= FLAT ? "met" : "NOT MET",
    ];
  });
  const heading = ["CPU per helpdesk create, µs", "1,000 rows", "1,000,000 rows", "", `at most ${FLAT}×`];
  console.log(aligned([heading, ...rows]));
}

async function runProfile(name: string): Promise<void> {
  const { all } = opened.use(await openTargets(urls));
  const [target] = targetsBeginning(name, all);
  execFileSync("npm", ["run", "--silent", "compile"]); // without a bundle, so that the profile shows the owner of each function
  const { file, summary } = await profile(target!, PROFILE_S);
  console.log(`${summary}\n\n${file}`);
}
