/**
 * `npm run soak`: tests the effects of years of running in bounded time. Prints one line for each run, and ends with 1 when a run breaks its promise.
 * `--run` chooses a run; the other options change the amounts.
 */
import { isClean } from "../../support/accounts.ts";
import { leaveCore0 } from "../bench/processes.ts";
import { placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { tried } from "../watched.ts";
import { databaseRestarts } from "./database-restarts.ts";
import { memory } from "./memory.ts";
import { overload } from "./overload.ts";
import { PRODUCTION } from "./production.ts";
import { OUTAGES, vendorOutage } from "./vendor-outage.ts";

const MEMORY_GROWTH = 1.1;
/** Memory of a replica in deploy/kubernetes.yaml. */
const MEMORY_LIMIT_MIB = 512;

const { values } = readOptions({
  options: {
    run: { type: "string", multiple: true, default: [""] },
    seconds: { type: "string" }, // of overload, 60, or of an outage, 30
    "vendor-ms": { type: "string", default: "200" }, // time for the vendor's answer in overload
    mutations: { type: "string", default: "1000000" },
    "database-restarts": { type: "string", default: "6" },
  },
});

const RUNS: Readonly<Record<string, () => Promise<void>>> = {
  overload: async () => {
    leaveCore0();
    await using place = await placeFor("SQLite");
    const [ms, vendorMs] = [wholeNumber(values.seconds ?? "60") * 1000, wholeNumber(values["vendor-ms"], 0)];
    const plan = { ledgerUrl: place.url, ms, vendorMs, fitting: [32, 64, 96], fittingMs: 10_000 };
    await tried("overload", overload, plan, (counts) => {
      const isWhole = Object.keys(counts.others).length + counts.shedWithoutRetryAfter === 0 && !counts.ended;
      const isQuick = counts.ticketsPerSecond >= counts.mostPerSecond * 0.9 && counts.p99Ms <= 12_000;
      const fits = !(counts.residentPeak > MEMORY_LIMIT_MIB);
      return isWhole && isQuick && fits && counts.tickets === counts.vendorTickets;
    });
  },

  memory: async () => {
    leaveCore0();
    await using place = await placeFor("SQLite");
    const plan = { ledgerUrl: place.url, mutations: wholeNumber(values.mutations) };
    await tried("memory", memory, plan, ({ residentAtEnd, residentAtTenth }) => {
      return residentAtEnd <= residentAtTenth * MEMORY_GROWTH;
    });
  },

  "database restarts": async () => {
    await using postgres = await startPostgres();
    const restarts = wholeNumber(values["database-restarts"]);
    const plan = { postgres, restarts, clients: 24, upMs: 3000, downMs: 3000 };
    await tried("database restarts", databaseRestarts, plan, (counts) => {
      const isWhole = isClean(counts) && counts.callsWhileDown === 0 && !counts.ended;
      return isWhole && counts.slowestRecoveryMs <= 5000 && counts.refused > 0;
    });
  },

  ...Object.fromEntries(OUTAGES.map((kind) => [`a vendor that ${kind}`, () => outage(kind)])),
};

for (const name of namesBeginning(Object.keys(RUNS), values.run)) await RUNS[name]!();

async function outage(kind: (typeof OUTAGES)[number]): Promise<void> {
  await using postgres = await startPostgres();
  await using place = await placeFor("PostgreSQL", postgres.url);
  const ms = wholeNumber(values.seconds ?? "30") * 1000;
  const times = { outageMs: ms, beforeMs: ms, clients: 32 };
  const plan = { ledgerUrl: place.url, outage: kind, ...times, config: PRODUCTION };
  await tried(`a vendor that ${kind}`, vendorOutage, plan, (counts) => {
    const isQuick = counts.p99Ms <= 20 && counts.recoveredAfterMs <= 10_000;
    return isClean(counts) && isQuick && !(counts.residentAtLast > counts.residentAtFirst * MEMORY_GROWTH);
  });
}
