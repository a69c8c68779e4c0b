/**
 * `npm run soak`: tests the effects of years of running in bounded time. Prints one line for each run, and ends with 1 when a
 * run breaks its promise. `--run` chooses a run; the other options change the amounts.
 */
import { isClean } from "../../support/accounts.ts";
import { leaveCore0 } from "../bench/processes.ts";
import { placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions } from "../options.ts";
import { tried } from "../watched.ts";
import { databaseRestarts } from "./database-restarts.ts";
import { memory } from "./memory.ts";
import { overload } from "./overload.ts";
import { rollingRestarts } from "./rolling-restarts.ts";

const DEADLINE_MS = 12_000;
const GOODPUT_SHARE = 0.9;
const MEMORY_GROWTH = 1.1;
const RECOVERED_WITHIN_MS = 5000;
/** Memory of a replica in deploy/kubernetes.yaml. */
const MEMORY_LIMIT_MIB = 512;

/** Guesses for the estimate of the time that is left. A run corrects them when it knows more. */
const STOP_AND_START_MS = 4000;
const MUTATIONS_A_SECOND = 1500;
const CALM_MS = 100_000;

const { values } = readOptions({
  options: {
    run: { type: "string", multiple: true, default: [""] },
    restarts: { type: "string", default: "20" }, // of replicas
    "drain-lag": { type: "string", default: "1500" }, // milliseconds
    seconds: { type: "string", default: "60" }, // of overload
    "vendor-ms": { type: "string", default: "200" }, // time for the vendor's answer in overload
    mutations: { type: "string", default: "1000000" },
    "database-restarts": { type: "string", default: "6" },
  },
});

const RUNS: Readonly<Record<string, () => Promise<void>>> = {
  "rolling restarts": async () => {
    await using postgres = await startPostgres();
    await using place = await placeFor("PostgreSQL", postgres.url);
    const [restarts, drainLagMs] = [Number(values.restarts), Number(values["drain-lag"])];
    const plan = { ledgerUrl: place.url, restarts, clients: 16, vendorMs: 200, drainLagMs };
    const plannedMs = restarts * (drainLagMs + STOP_AND_START_MS);
    await tried("rolling restarts", plannedMs, rollingRestarts, plan, (counts) => {
      return counts.failed + counts.badExits === 0 && counts.vendorCalls === counts.requests;
    });
  },

  overload: async () => {
    leaveCore0();
    await using place = await placeFor("SQLite");
    const [ms, vendorMs] = [Number(values.seconds) * 1000, Number(values["vendor-ms"])];
    const plan = { ledgerUrl: place.url, ms, vendorMs, fitting: [32, 64, 96], fittingMs: 10_000 };
    const plannedMs = plan.fitting.length * plan.fittingMs + ms * 1.1 + STOP_AND_START_MS;
    await tried("overload", plannedMs, overload, plan, (counts) => {
      const isWhole = Object.keys(counts.others).length + counts.shedWithoutRetryAfter === 0 && !counts.ended;
      const isQuick =
        counts.ticketsPerSecond >= counts.mostPerSecond * GOODPUT_SHARE && counts.p99Ms <= DEADLINE_MS;
      const fits = !(counts.residentPeak > MEMORY_LIMIT_MIB);
      return isWhole && isQuick && fits && counts.tickets === counts.vendorTickets;
    });
  },

  memory: async () => {
    leaveCore0();
    await using place = await placeFor("SQLite");
    const plan = { ledgerUrl: place.url, mutations: Number(values.mutations) };
    const plannedMs = (plan.mutations / MUTATIONS_A_SECOND) * 1000 + CALM_MS;
    await tried("memory", plannedMs, memory, plan, ({ residentAtEnd, residentAtTenth }) => {
      return residentAtEnd <= residentAtTenth * MEMORY_GROWTH;
    });
  },

  "database restarts": async () => {
    await using postgres = await startPostgres();
    const restarts = Number(values["database-restarts"]);
    const plan = { postgres, restarts, clients: 24, upMs: 3000, downMs: 3000 };
    const plannedMs = restarts * (plan.upMs + plan.downMs + STOP_AND_START_MS);
    await tried("database restarts", plannedMs, databaseRestarts, plan, (counts) => {
      const isWhole = isClean(counts) && counts.callsWhileDown === 0 && !counts.ended;
      return isWhole && counts.slowestRecoveryMs <= RECOVERED_WITHIN_MS && counts.refused > 0;
    });
  },
};

for (const name of namesBeginning(Object.keys(RUNS), values.run)) await RUNS[name]!();
