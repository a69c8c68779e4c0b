/**
 * `npm run outage`: tests a vendor that fails for half a minute. Prints one line for each run, and ends with 1 when a run
 * breaks its promise.
 */
import { parseArgs } from "node:util";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { report } from "../../support/verdict.ts";
import { watched } from "../watched.ts";
import { OUTAGES } from "./failing-vendor.ts";
import { PRODUCTION } from "./production.ts";
import { vendorOutage } from "./vendor-outage.ts";

/** Promises of this service. */
const ANSWERED_WITHIN_MS = 20;
const RECOVERED_WITHIN_MS = 10_000;
const MEMORY_GROWTH = 1.1;

const { values } = parseArgs({
  options: {
    run: { type: "string", multiple: true, default: [...OUTAGES] },
    seconds: { type: "string", default: "30" },
    clients: { type: "string", default: "32" },
    engine: { type: "string", default: "PostgreSQL" },
  },
});

const postgres = await startPostgres();
try {
  const engine = nameIn(ENGINES, values.engine);
  for (const outage of values.run.map((name) => nameIn(OUTAGES, name))) {
    await using place = await placeFor(engine, postgres.url);
    const outageMs = Number(values.seconds) * 1000;
    const plan = {
      ledgerUrl: place.url,
      outage,
      outageMs,
      beforeMs: outageMs,
      clients: Number(values.clients),
      sociomile: PRODUCTION,
    };
    const plannedMs = plan.beforeMs + outageMs + RECOVERED_WITHIN_MS;
    const counts = await watched(`a vendor that ${outage}`, plannedMs, (tell) => vendorOutage(plan, tell));
    const nothingLost = counts.duplicates + counts.lost + counts.invisibleDoubts === 0;
    const isQuick = counts.p99Ms <= ANSWERED_WITHIN_MS && counts.recoveredAfterMs <= RECOVERED_WITHIN_MS;
    const isFlat = !(counts.residentAtLast > counts.residentAtFirst * MEMORY_GROWTH);
    report(`a vendor that ${outage}`, counts, nothingLost && isQuick && isFlat);
  }
} finally {
  await postgres.stop();
}

/** Finds a name in a list. Throws when the list does not have it. */
function nameIn<Name extends string>(names: readonly Name[], meant: string): Name {
  const name = names.find((each) => each === meant);
  if (!name) throw new Error(`There is no ${meant}; there are: ${names.join(", ")}`);
  return name;
}
