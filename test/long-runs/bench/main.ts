/** `npm run bench`: did a change make it slower, and where do we stand beside others? Linux only: it reads /proc. */
import { cpus, loadavg } from "node:os";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { HERE, buildAt } from "./builds.ts";
import { type Phase, flood, measureStart, pacedCreates } from "./phases.ts";
import { type Slices, measureInTurn } from "./measures.ts";
import { leaveCore0, pinned } from "./processes.ts";
import { medians, ratios } from "./report.ts";
import { RIVALS, type Running, type Target, isEngine, ledgerOn, rival, serviceOn } from "./targets.ts";
import { startSandboxProcess, startTarget } from "./targets.ts";
import { GROUPS } from "./works.ts";

const { values: options } = readOptions({
  options: {
    compare: { type: "string" }, // compares with the service at this commit, and not with other servers
    creates: { type: "boolean" },
    rate: { type: "string", multiple: true, default: [] }, // creates a second
    updates: { type: "boolean" },
    entities: { type: "boolean" },
    starts: { type: "boolean" },
    ledger: { type: "boolean" }, // without a service around it
    engine: { type: "string", default: "" },
    targets: { type: "string", default: "" }, // beginnings of their names, with commas
    slices: { type: "string", default: "12" },
    "warm-up": { type: "string", default: "15" }, // slices before the first that counts
  },
});
const { compare, creates, rate, updates, entities, starts, ledger } = options;
const slices = wholeNumber(options.slices);
const warmUp = wholeNumber(options["warm-up"]);
const isUsual = !(creates || updates || entities || starts || ledger) && rate.length === 0;
const phases: Phase[] = [
  ...(isUsual || creates ? [flood("creates", "creates, 64 connections")] : []),
  ...(isUsual ? [100, 300] : rate.map(wholeNumber)).map(pacedCreates),
  ...(isUsual || updates ? [flood("updates", "status updates, 64 connections")] : []),
  ...(isUsual || entities ? [flood("entities", "references of _entities")] : []),
  ...(ledger ? GROUPS : []).map((group) => flood(`ledger ${group}`, `ledger alone, groups of ${group}`)),
];
const all = [...(compare === undefined ? RIVALS : []), ...namesBeginning(ENGINES, [options.engine])];
const names = namesBeginning(all, options.targets.split(","));
const [load] = loadavg();

leaveCore0();
await using opened = new AsyncDisposableStack();
const postgres = opened.use(names.includes("PostgreSQL") ? await startPostgres() : null);
const vendor = opened.use(await startSandboxProcess());
const other = compare === undefined ? null : buildAt(compare, opened);
const builds = other ? [other, HERE] : [HERE];

const results: Slices[] = [];
opened.defer(printResults);

// Each target has an empty ledger, and those on an engine are there for each build.
const targets: Target[] = [];
for (const name of names)
  for (const build of isEngine(name) ? builds : [HERE]) {
    const { url } = opened.use(await placeFor(isEngine(name) ? name : "SQLite", postgres?.url));
    if (!isEngine(name)) targets.push(rival(name, vendor.origin, url));
    else targets.push(serviceOn(name, vendor.origin, url, build), ledgerOn(name, url, build));
  }
const servers = targets.filter(({ works }) => works.creates);
if (isUsual || starts) results.push(await measureInTurn("starts", servers, slices, measureStart));
const running: Running[] = [];
for (const target of targets.filter(({ works }) => phases.some(({ work }) => works[work])))
  running.push(opened.use(await startTarget(target)));
const warm = new Set<string | undefined>();
for (const { name, work, measure } of phases) {
  const able = running.filter(({ works }) => works[work]);
  const [kind] = work.split(" ");
  if (!warm.has(kind)) await measureInTurn("warm-up", able, warmUp, flood(work, "").measure);
  warm.add(kind);
  await measureInTurn(`${name}, not counted`, able, 1, measure); // the targets turn to another load
  results.push(await measureInTurn(name, able, slices, measure));
}

/** Prints what was measured, also when an error has ended the rest. */
function printResults(): void {
  const cpu = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores${pinned ? ", one of them for targets" : ""}`;
  console.log(`${new Date().toISOString()}, ${cpu}, load ${load!.toFixed(1)}, Node ${process.version}`);
  console.log(`Medians of ${slices} slices in turn, after ${warmUp} to warm up\n\n${medians(results)}`);
  for (const engine of names.filter(isEngine)) {
    const bases = other ? [engine + other.suffix] : names.filter((name) => !isEngine(name));
    if (bases.length > 0) console.log(`\n${ratios(results, engine, bases)}`);
  }
}
