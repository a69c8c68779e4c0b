/**
 * `npm run torture`: tests that need more time than a short test. It stops after a limited time, prints its counts, and ends with 1
 * when a count breaks a promise.
 */
import { parseArgs } from "node:util";
import { ENGINES, type Engine, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { report } from "../../support/verdict.ts";
import { watched } from "../watched.ts";
import { runFaults } from "./faults-main.ts";
import { runQueue } from "./queue-main.ts";
import { idling } from "./idling.ts";
import { kills } from "./kills.ts";
import { sharing } from "./sharing.ts";

/** Guess for the estimate of the time that is left, until a run knows more. */
const MS_A_CALL = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true, // the number behind --faults
  options: {
    faults: { type: "boolean", default: false },
    queue: { type: "boolean", default: false },
    requests: { type: "string", default: "10000" }, // that wait in the long queue
    pgbouncer: { type: "boolean", default: false },
    run: { type: "string", multiple: true, default: [] }, // of those of --faults or --queue
    pauses: { type: "string", default: "100" },
    "refuses-seconds": { type: "string", default: "120" },
    steps: { type: "string", default: "20" }, // of wrong clocks
    kills: { type: "string" },
    keys: { type: "string", default: "2000" },
    calls: { type: "string", default: "100000" },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seconds: { type: "string", default: "1200" }, // for the kills, on each engine
  },
});

const postgres = await startPostgres();
try {
  if (values.queue) await runWithQueue();
  else if (values.faults) await runWithFaults();
  else await runWithKills();
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
  for (const engine of engines()) await runQueue(amounts, engine, values.run);
}

async function runWithFaults(): Promise<void> {
  await runFaults({
    server: postgres.url,
    pooled: values.pgbouncer,
    faults: Number(positionals[0] ?? 1000),
    kills: Number(values.kills ?? 200),
    pauses: Number(values.pauses),
    seconds: Number(values.seconds),
    refusesSeconds: Number(values["refuses-seconds"]),
    steps: Number(values.steps),
    engines: engines(),
    runs: values.run,
  });
}

async function runWithKills(): Promise<void> {
  for (const engine of engines()) {
    {
      await using place = await placeFor(engine, postgres.url);
      const plan = { ledgerUrl: place.url, keys: Number(values.keys) };
      const plannedMs = plan.keys * MS_A_CALL;
      const counts = await watched(`two processes on ${engine}`, plannedMs, () => sharing(plan));
      report(
        `two processes on ${engine}`,
        counts,
        counts.vendorCalls === counts.keys && counts.otherAnswers === 0,
      );
    }
    await using place = await placeFor(engine, postgres.url);
    const plan = {
      ledgerUrl: place.url,
      count: Number(values.kills ?? 1000),
      seconds: Number(values.seconds),
    };
    const counts = await watched(`kills on ${engine}`, plan.seconds * 1000, (tell) => kills(plan, tell));
    report(`kills on ${engine}`, counts, counts.duplicates + counts.lost + counts.invisibleDoubts === 0);
  }
  if (Number(values.calls) > 0) {
    await using place = await placeFor("SQLite");
    const plan = { ledgerUrl: place.url, calls: Number(values.calls) };
    const plannedMs = plan.calls * MS_A_CALL;
    const counts = await watched("idle connections", plannedMs, (tell) => idling(plan, tell));
    report("a vendor that closes idle connections", counts, counts.doubts === 0);
  }
}

function engines(): Engine[] {
  return ENGINES.filter((name) => values.engine.includes(name));
}
