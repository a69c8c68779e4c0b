/**
 * `npm run torture`: tests that need more time than a short test. It stops after a limited time, prints a line of counts for each run, and ends
 * with 1 when a count breaks a promise. README.md lists the runs.
 */
import { isClean } from "../../support/accounts.ts";
import type { Pooled } from "../../support/faulty-database.ts";
import { ENGINES, type Engine, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { tried } from "../watched.ts";
import { clocks } from "./clocks.ts";
import { deadConnections, faults, kills, promotion, vendorFaults } from "./faults.ts";
import { idling } from "./idling.ts";
import { order } from "./order.ts";
import { queueKills, queueRecovery } from "./queue.ts";
import { refusingLedger } from "./refusing-ledger.ts";
import { CALLS_AT_ONCE, openedOnce, sharing } from "./two-processes.ts";

/** With V8's usual growth of the heap, the memory of requests that wait is a third. */
const MEMORY_GROWTH = 1.5;
/** Direct calls of which a 99th percentile tells something. */
const ENOUGH_CALLS = 500;

const { values, positionals } = readOptions({
  allowPositionals: true, // the number behind --faults
  options: {
    faults: { type: "boolean", default: false },
    queue: { type: "boolean", default: false },
    requests: { type: "string", default: "10000" }, // that wait in the long queue
    pgbouncer: { type: "boolean", default: false },
    "pgbouncer-first": { type: "boolean", default: false },
    run: { type: "string", multiple: true, default: [""] }, // names of the runs to do, or their beginnings
    "refuses-seconds": { type: "string", default: "120" },
    steps: { type: "string", default: "20" }, // of wrong clocks
    kills: { type: "string" },
    keys: { type: "string", default: "2000" }, // and complaints
    updates: { type: "string", default: "10000" }, // that are accepted while processes of PostgreSQL are stopped
    calls: { type: "string", default: "100000" }, // to a vendor that closes idle connections
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seconds: { type: "string", default: "1200" }, // for the kills, and the faults, on each engine
  },
});
const [keys, calls] = [wholeNumber(values.keys), wholeNumber(values.calls)];
const [seconds, steps] = [wholeNumber(values.seconds), wholeNumber(values.steps)];
const updates = wholeNumber(values.updates);
const many = wholeNumber(positionals[0] ?? "1000");
const pooled: Pooled = values["pgbouncer-first"] ? "at the beginning" : values.pgbouncer;

/** Runs by name. Each is done on an engine, with an empty ledger. */
type Runs = Readonly<Record<string, (engine: Engine, ledgerUrl: string) => Promise<void>>>;

const OF_PROCESSES: Runs = {
  "two processes": (engine, ledgerUrl) =>
    tried(`two processes share keys on ${engine}`, sharing, { ledgerUrl, keys }, (counts) => {
      return counts.vendorCalls === keys && counts.otherAnswers === 0;
    }),
  "opened once": (engine, ledgerUrl) => {
    const title = `two processes open ${keys.toLocaleString("en")} complaints on ${engine}`;
    return tried(title, openedOnce, { ledgerUrl, keys }, ({ alreadyOpened, otherAnswers, ...counts }) => {
      const isOneEach = [counts.vendorCalls, counts.confirmed, counts.tickets].every((one) => one === keys);
      return isOneEach && alreadyOpened === keys * (CALLS_AT_ONCE - 1) && otherAnswers === 0;
    });
  },
  kills: (engine, ledgerUrl) => {
    const plan = { ledgerUrl, count: wholeNumber(values.kills ?? "1000", 0), seconds };
    return tried(`kills on ${engine}`, kills, plan, isClean);
  },
  "idle connections": async (engine, ledgerUrl) => {
    if (engine !== engines[0]) return; // once
    const title = "a vendor that closes idle connections";
    await tried(title, idling, { ledgerUrl, calls }, ({ doubts }) => doubts === 0);
  },
};

const OF_FAULTS: Runs = {
  faults: () => {
    const plan = { server, pooled, faults: many, kills: wholeNumber(values.kills ?? "200", 0), seconds };
    return tried(titleOf("faults"), faults, plan, (counts) => {
      return isClean(counts) && counts.recoveredAfterMs <= 5000;
    });
  },
  "dead connections": () =>
    tried(titleOf("dead connections"), deadConnections, { server, pooled, times: 5 }, (counts) => {
      return isClean(counts) && counts.slowestRecoveryMs <= 5000;
    }),
  "refusing ledger": (engine) => {
    const refusesMs = wholeNumber(values["refuses-seconds"]) * 1000;
    const soonMs = Math.min(10_000, refusesMs / 2);
    const plan = { engine, server, pooled, perSecond: 200, beforeMs: 10_000, refusesMs, soonMs };
    return tried(titleOf("refusing ledger", engine), refusingLedger, plan, (counts) => {
      const isFlat = !(counts.residentAtEnd > counts.residentSoon * MEMORY_GROWTH);
      return isFlat && counts.recoveredAfterMs <= 2000 && counts.confirmedMeanwhile === 0;
    });
  },
  clocks: (engine) =>
    tried(titleOf("clocks", engine), clocks, { engine, server, steps }, (counts) => {
      // On SQLite all processes share the machine's clock, and a step of it ends leases.
      const areLeasesKept = engine === "SQLite" || counts.earlyDoubts === 0;
      return areLeasesKept && counts.staleStatuses + counts.lostCalls + counts.missedDoubts === 0;
    }),
  promotion: () => {
    const plan = { pooled, beforeMs: 5000, unnoticedMs: 3000 };
    return tried(titleOf("promotion"), promotion, plan, (counts) => {
      return isClean(counts) && counts.servedAfterMs <= 10_000;
    });
  },
  "order of updates": () =>
    tried(titleOf("order of updates"), order, { server, updates, seconds }, ({ inversions, wrongStatuses }) => {
      return inversions + wrongStatuses === 0;
    }),
  "vendor faults": (engine, ledgerUrl) => {
    const plan = { ledgerUrl, faults: many, seconds };
    return tried(`vendor faults on ${engine}`, vendorFaults, plan, (counts) => {
      return isClean(counts) && counts.foreignTickets === 0;
    });
  },
};

/** Faults that SQLite cannot have, without a network and a process of its own. */
const OF_POSTGRES: ReadonlySet<string> = new Set(["faults", "dead connections", "order of updates", "promotion"]);

const OF_QUEUE: Runs = {
  kills: (engine, ledgerUrl) => {
    const amounts = { requests: 1000, outageMs: 30_000, vendorMs: 50 };
    const plan = { ledgerUrl, kills: wholeNumber(values.kills ?? "20", 0), ...amounts };
    return tried(`kills around an outage on ${engine}`, queueKills, plan, (counts) => {
      return counts.doubled + counts.lost + counts.otherDoubts + counts.stored === 0;
    });
  },
  recovery: async (engine) => {
    for (const requests of [1000, wholeNumber(values.requests)]) {
      await using place = await placeFor(engine, server);
      const replicas = engine === "SQLite" ? 1 : 2; // as production has them
      const rates = { vendorMs: 50, perSecond: 20, usualMs: 20_000 };
      const plan = { ledgerUrl: place.url, replicas, requests, ...rates };
      await tried(`${requests} requests in the queue on ${engine}`, queueRecovery, plan, (counts) => {
        const isEnded = requests > 1000 || counts.lastAfterMs <= 120_000;
        // A short queue is delivered before enough calls come for a 99th percentile.
        const isFast = counts.meanwhileCalls < ENOUGH_CALLS || counts.meanwhileP99Ms <= counts.usualP99Ms * 1.2;
        return counts.firstAfterMs <= 70_000 && isEnded && isFast && !(counts.grownMiB > 20);
      });
    }
  },
};

const all = values.queue ? OF_QUEUE : values.faults ? OF_FAULTS : OF_PROCESSES;
const runs = namesBeginning(Object.keys(all), values.run);
const engines = namesBeginning(ENGINES, values.engine);
const postgres = await startPostgres();
const server = postgres.url;
for (const name of runs)
  for (const engine of engines) {
    if (engine === "SQLite" && OF_POSTGRES.has(name)) continue;
    await using place = await placeFor(engine, server);
    await all[name]!(engine, place.url);
  }
await postgres[Symbol.asyncDispose]();
// Without this, Node 26.10 may loop for ever while it closes the handles of the faulty network's connections.
process.exit();

function titleOf(run: string, engine: Engine = "PostgreSQL"): string {
  return `${run} on ${engine}${engine === "PostgreSQL" && pooled ? " behind PgBouncer" : ""}`;
}
