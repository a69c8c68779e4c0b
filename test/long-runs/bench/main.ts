/**
 * `npm run bench`: compares the cost of a request with a raw proxy, and with a usual subgraph for the same vendor.
 * Ends with 1 when an answer is wrong. Linux only: it reads /proc.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { startPostgres } from "../../support/postgres.ts";
import { progress } from "../../support/verdict.ts";
import { goals } from "./goals.ts";
import { growth } from "./growth.ts";
import { Samples } from "./measures.ts";
import { leaveCore0, pinned } from "./processes.ts";
import { profile } from "./profile.ts";
import { aligned, changes, figure, goalTable, table } from "./report.ts";
import { keepRun, lastKept, runToKeep } from "./results.ts";
import { type Plan, type Results, runRound, startAll } from "./rounds.ts";
import { TARGET_NAMES, type Target, openTargets, startSandboxProcess } from "./targets.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" }, // of a slice
    quick: { type: "boolean", default: false }, // a check of about a minute; results are not kept
    growth: { type: "boolean", default: false }, // measures only the cost of a larger ledger
    profile: { type: "string" }, // profiles only this target
  },
});
const plan: Plan = {
  rounds: Number(options.rounds ?? (options.quick ? 2 : 5)),
  seconds: Number(options.seconds ?? (options.quick ? 1 : 3)),
  warmUpSeconds: options.quick ? 2 : 5,
  pace: 300,
};
/** Largest ratio of costs in a ledger a thousand times as large that counts as equal. */
const FLAT = 1.1;

leaveCore0();
console.error(pinned ? "Targets have core 0 to themselves." : "Not pinned: targets share their cores.");
await using opened = new AsyncDisposableStack();
const postgres = await startPostgres();
opened.defer(() => postgres.stop());
const vendor = opened.use(await startSandboxProcess());
const { targets } = opened.use(await openTargets(vendor.url, postgres.url));

if (options.profile !== undefined) await runProfile(options.profile);
else if (options.growth) await runGrowth();
else await runBench(targets);

async function runBench(all: readonly Target[]): Promise<void> {
  const results: Results = new Map(TARGET_NAMES.map((name) => [name, new Samples()]));
  {
    await using running = await startAll(all, plan, results, progress);
    for (let round = 1; round <= plan.rounds; round++)
      await runRound(round, running.all, plan, results, progress);
  }
  const run = runToKeep(plan, results);
  const last = lastKept();
  console.log(
    `${run.date}, ${run.cpu}, ${run.cores} cores, Node ${run.node}, ${pinned ? "" : "not "}pinned, load ${run.load.toFixed(1)}`,
  );
  console.log(
    `Medians of ${plan.rounds} rounds, and ratios to the raw proxy; ${plan.pace} requests/s at the fixed rate\n`,
  );
  console.log(table(results));
  console.log(`\n${goalTable(goals(results))}`);
  if (last) console.log(`\n${changes(run, last)}`);
  if (!options.quick) console.log(`\nKept in ${keepRun(run)}`);
}

async function runGrowth(): Promise<void> {
  const found = await growth(vendor.url, postgres.url, plan, progress);
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
  const target = targets.find((each) => each.name.toLowerCase().startsWith(name.toLowerCase()));
  if (!target) throw new Error(`There is no target ${name}; there are ${TARGET_NAMES.join(", ")}`);
  execFileSync("npm", ["run", "--silent", "compile"]); // without a bundle, so that the profile shows the owner of each function
  const { file, summary } = await profile(target, plan.seconds * 3);
  console.log(`${summary}\n\n${file}`);
}
