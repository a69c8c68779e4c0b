/**
 * `npm run outage`: tests a vendor that fails for half a minute. Prints one line for each run, and ends with 1 when a run
 * breaks its promise.
 */
import { isClean } from "../../support/accounts.ts";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions } from "../options.ts";
import { tried } from "../watched.ts";
import { PRODUCTION } from "./production.ts";
import { OUTAGES, vendorOutage } from "./vendor-outage.ts";

const ANSWERED_WITHIN_MS = 20;
const RECOVERED_WITHIN_MS = 10_000;
const MEMORY_GROWTH = 1.1;

const { values } = readOptions({
  options: {
    run: { type: "string", multiple: true, default: [""] },
    seconds: { type: "string", default: "30" },
    clients: { type: "string", default: "32" },
    engine: { type: "string", multiple: true, default: ["PostgreSQL"] },
  },
});

const outages = namesBeginning(OUTAGES, values.run);
const engines = namesBeginning(ENGINES, values.engine);
await using postgres = await startPostgres();
for (const [engine, outage] of engines.flatMap((each) => outages.map((one) => [each, one] as const))) {
  await using place = await placeFor(engine, postgres.url);
  const outageMs = Number(values.seconds) * 1000;
  const times = { outageMs, beforeMs: outageMs };
  const plan = {
    ledgerUrl: place.url,
    outage,
    ...times,
    clients: Number(values.clients),
    config: PRODUCTION,
  };
  const plannedMs = plan.beforeMs + outageMs + RECOVERED_WITHIN_MS;
  await tried(`a vendor that ${outage}`, plannedMs, vendorOutage, plan, (counts) => {
    const isQuick = counts.p99Ms <= ANSWERED_WITHIN_MS && counts.recoveredAfterMs <= RECOVERED_WITHIN_MS;
    return isClean(counts) && isQuick && !(counts.residentAtLast > counts.residentAtFirst * MEMORY_GROWTH);
  });
}
