/**
 * `npm run torture`: tests that need more time than a short test. It stops after a limited time, prints its counts, and ends with 1
 * when a count breaks a promise.
 */
import { ENGINES } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions } from "../options.ts";
import { FAULT_RUNS, runFaults } from "./faults-main.ts";
import { PROCESS_RUNS, runProcesses } from "./processes-main.ts";
import { QUEUE_RUNS, runQueue } from "./queue-main.ts";

const { values, positionals } = readOptions({
  allowPositionals: true, // the number behind --faults
  options: {
    faults: { type: "boolean", default: false },
    queue: { type: "boolean", default: false },
    requests: { type: "string", default: "10000" }, // that wait in the long queue
    pgbouncer: { type: "boolean", default: false },
    "pgbouncer-first": { type: "boolean", default: false },
    run: { type: "string", multiple: true, default: [""] }, // names of the runs to do, or their beginnings
    pauses: { type: "string", default: "100" },
    "refuses-seconds": { type: "string", default: "120" },
    steps: { type: "string", default: "20" }, // of wrong clocks
    kills: { type: "string" },
    keys: { type: "string", default: "2000" }, // and complaints
    calls: { type: "string", default: "100000" },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seconds: { type: "string", default: "1200" }, // for the kills, on each engine
  },
});

const all = values.queue ? QUEUE_RUNS : values.faults ? FAULT_RUNS : PROCESS_RUNS;
const runs = namesBeginning(all, values.run);
const engines = namesBeginning(ENGINES, values.engine);
const postgres = await startPostgres();
try {
  if (values.queue) await runWithQueue();
  else if (values.faults) await runWithFaults();
  else await runWithProcesses();
} finally {
  await postgres.stop();
}
// Without this, Node 26.10 may loop for ever while it closes the handles of the faulty network's connections.
process.exit();

async function runWithQueue(): Promise<void> {
  const amounts = {
    server: postgres.url,
    kills: Number(values.kills ?? 20),
    requests: Number(values.requests),
  };
  for (const engine of engines) await runQueue(amounts, engine, runs);
}

async function runWithFaults(): Promise<void> {
  await runFaults({
    server: postgres.url,
    pooled: values["pgbouncer-first"] ? "at the beginning" : values.pgbouncer,
    faults: Number(positionals[0] ?? 1000),
    kills: Number(values.kills ?? 200),
    pauses: Number(values.pauses),
    seconds: Number(values.seconds),
    refusesSeconds: Number(values["refuses-seconds"]),
    steps: Number(values.steps),
    engines,
    runs,
  });
}

async function runWithProcesses(): Promise<void> {
  await runProcesses({
    server: postgres.url,
    keys: Number(values.keys),
    kills: Number(values.kills ?? 1000),
    seconds: Number(values.seconds),
    calls: Number(values.calls),
    engines,
    runs,
  });
}
