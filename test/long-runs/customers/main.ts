/**
 * Measures the commands about one customer on a large ledger, beside a service that is in use: time, CPU and memory of each command, and
 * the latency of the service meanwhile, and in the pauses between the commands. Linux only.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { HERE } from "../bench/builds.ts";
import { poolOf } from "../bench/pool.ts";
import { median, percentile, rounded } from "../bench/measures.ts";
import { runMeasured } from "../bench/processes.ts";
import { serviceOn, startSandboxProcess, startTarget } from "../bench/targets.ts";
import { latenciesUntil } from "../loops.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { progress, report } from "../watched.ts";
import { CUSTOMER, fillLedger } from "./fill.ts";

const { values } = readOptions({
  options: {
    engine: { type: "string", default: "SQLite" },
    tickets: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "1" },
  },
});
const [tickets, rounds] = [wholeNumber(values.tickets), wholeNumber(values.rounds)];

/** Most that the 99th percentile of the service may rise beside a command, compared with just before and after it: machines change within minutes. */
const MOST_RISE = 1.2;
const QUIET_MS = 20_000;

const [engine] = namesBeginning(ENGINES, [values.engine]);
await using opened = new AsyncDisposableStack();
const postgres = opened.use(engine === "PostgreSQL" ? await startPostgres() : null);
const place = opened.use(await placeFor(engine!, postgres?.url));
const began = performance.now();
await fillLedger(place, tickets, 37);
progress(`${tickets} tickets in ${rounded((performance.now() - began) / 1000)} s`);
await using sandbox = await startSandboxProcess();
const target = serviceOn(engine!, sandbox.origin, place.url);
await using service = await startTarget(target);
const env = { ...target.env, LOG_LEVEL: "error" }; // each erased ticket is an event
const who = ["--email", CUSTOMER.customerEmail, "--by", "Rina"];

const COMMANDS = {
  find: ["customer", "show", ...who],
  export: ["customer", "export", ...who],
  forget: ["customer", "forget", ...who, "--reason", "measured", "--yes"],
  "find nothing": ["customer", "show", ...who],
};
await latenciesDuring(sleep(QUIET_MS)); // warms both
const rises: Record<string, number[]> = {};
let before = await latenciesDuring(sleep(QUIET_MS));
for (let round = 1; round <= rounds; round++)
  for (const [name, args] of Object.entries(COMMANDS)) {
    const running = runMeasured({ args: [`${HERE.root}dist/operator.js`, ...args], env });
    const latencies = await latenciesDuring(running);
    const { code, ...used } = await running;
    const after = await latenciesDuring(sleep(QUIET_MS));
    const [usual, shape] = [shapeOf([...before, ...after]), shapeOf(latencies)];
    const rise = shape.p99 / usual.p99;
    (rises[name] ??= []).push(rise);
    const isKept = code === 0 && used.seconds <= 60 && used.peakMiB <= 200;
    const facts = { ...used, ...shape, without: usual, rise: rounded(rise, 2), load: loadavg()[0] };
    report(`${name}, round ${round}`, facts, isKept);
    before = after;
  }
for (const [name, all] of Object.entries(rises)) {
  const facts = { median: rounded(median(all), 2), all: all.map((rise) => rounded(rise, 2)) };
  report(`rise of ${name}`, facts, median(all) <= MOST_RISE);
}

/** Sends 50 creates a second until `end`, and returns their latencies in milliseconds. */
async function latenciesDuring(end: Promise<unknown>): Promise<number[]> {
  const work = await service.works.creates!(service.origin);
  await using pool = poolOf(service.origin);
  return await latenciesUntil(end, 50, () => pool.send(work));
}

function shapeOf(latencies: readonly number[]) {
  const [p50, p99] = [0.5, 0.99].map((share) => rounded(percentile(latencies, share)));
  return { requests: latencies.length, p50: p50!, p99: p99! };
}
