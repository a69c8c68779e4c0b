/** `npm run bench`: did a change make it slower, and where do we stand beside others? Linux only: it reads /proc. */
import { cpus, loadavg } from "node:os";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { HERE, buildAt } from "./builds.ts";
import { startCallers } from "./callers.ts";
import { type Phase, flood, measureStart, pacedCreates } from "./phases.ts";
import { type Slices, measureInTurn, medians, ratios } from "./measures.ts";
import { leaveCore0, pinned } from "./processes.ts";
import {
  PEERS,
  type Running,
  type Target,
  isEngine,
  isPeer,
  peer,
  serviceOn,
  startSandboxProcess,
  startTarget,
} from "./targets.ts";

const { values: options } = readOptions({
  options: {
    compare: { type: "string" }, // compares with the service at this commit, and not with other servers
    creates: { type: "boolean" },
    production: { type: "boolean" }, // creates in production mode, by callers whose tokens every target verifies
    rate: { type: "string", multiple: true, default: [] }, // creates a second
    updates: { type: "boolean" },
    entities: { type: "boolean" },
    starts: { type: "boolean" },
    engine: { type: "string", default: "" },
    targets: { type: "string", default: "" }, // beginnings of their names, with commas
    slices: { type: "string", default: "12" },
    "warm-up": { type: "string" }, // slices before the first that counts: 15, and 40 in production
  },
});
const { compare, production = false, creates, rate, updates, entities, starts } = options;
const slices = wholeNumber(options.slices);
const warmUp = wholeNumber(options["warm-up"] ?? (production ? "40" : "15"));
const isChosen = creates || updates || entities || starts || rate.length > 0;
const isUsual = !isChosen && !production;
const rates = isChosen ? rate.map((text) => wholeNumber(text)) : production ? [100] : [100, 300];
const phases: Phase[] = [
  ...(!isChosen || creates ? [flood("creates", "creates, 64 connections")] : []),
  ...rates.map(pacedCreates),
  ...(isUsual || updates ? [flood("updates", "status updates, 64 connections")] : []),
  ...(isUsual || entities ? [flood("entities", "references of _entities")] : []),
];
const engines = namesBeginning(ENGINES, [options.engine]);
const withoutTokens = production ? engines.map((engine) => `${engine} without tokens`) : [];
const all = [...(compare === undefined ? PEERS : []), ...engines, ...withoutTokens];
const names = namesBeginning(all, options.targets.split(","));
const [load] = loadavg();

leaveCore0();
await using opened = new AsyncDisposableStack();
const ledgers = opened.use(names.some((name) => name.startsWith("PostgreSQL")) ? await startPostgres() : null);
const vendor = opened.use(await startSandboxProcess());
const callers = production ? opened.use(await startCallers()) : null;
const other = compare === undefined ? null : buildAt(compare, opened);
const builds = other ? [other, HERE] : [HERE];

const results: Slices[] = [];
opened.defer(printResults);

// Each target has an empty ledger, and those on an engine are there for each build.
const targets: Target[] = [];
for (const name of names)
  for (const build of isPeer(name) ? [HERE] : builds) {
    const isOnPostgres = name.startsWith("PostgreSQL");
    const { url } = opened.use(await placeFor(isOnPostgres ? "PostgreSQL" : "SQLite", ledgers?.url));
    if (isPeer(name)) targets.push(peer(name, vendor.origin, url, callers));
    else targets.push(serviceOn(name, vendor.origin, url, { build, callers: isEngine(name) ? callers : null }));
  }
if (isUsual || starts) results.push(await measureInTurn("starts", targets, slices, measureStart));
const running: Running[] = [];
for (const target of targets.filter(({ works }) => phases.some(({ work }) => works[work])))
  running.push(opened.use(await startTarget(target)));
const warm = new Set<string>();
for (const { name, work, measure } of phases) {
  const able = running.filter(({ works }) => works[work]);
  if (!warm.has(work)) await measureInTurn("warm-up", able, warmUp, flood(work, "").measure);
  warm.add(work);
  await measureInTurn(`${name}, not counted`, able, 1, measure); // the targets turn to another load
  results.push(await measureInTurn(name, able, slices, measure));
}

/** Prints what was measured, also when an error has ended the rest. */
function printResults(): void {
  const cpu = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores${pinned ? ", one of them for targets" : ""}`;
  console.log(`${new Date().toISOString()}, ${cpu}, load ${load!.toFixed(1)}, Node ${process.version}`);
  console.log(`Medians of ${slices} slices in turn, after ${warmUp} to warm up\n\n${medians(results)}`);
  for (const engine of names.filter(isEngine)) {
    const bases = other ? [engine + other.suffix] : names.filter((name) => name !== engine);
    if (bases.length > 0) console.log(`\n${ratios(results, engine, bases)}`);
  }
}
