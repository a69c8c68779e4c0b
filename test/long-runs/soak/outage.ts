/**
 * `npm run outage`: a vendor that fails for half a minute. Bounded in time, one line a run, and ends with 1 when one of them
 * does not keep what is promised.
 */
import { parseArgs } from "node:util";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { progress, report } from "../../support/verdict.ts";
import { OUTAGES } from "./failing-vendor.ts";
import { PRODUCTION } from "./production.ts";
import { vendorOutage } from "./vendor-outage.ts";

/** What is promised. */
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
  const engine = known(ENGINES, values.engine);
  for (const outage of values.run.map((name) => known(OUTAGES, name))) {
    await using place = await placeFor(engine, postgres.url);
    const outageMs = Number(values.seconds) * 1000;
    const counts = await vendorOutage(
      {
        ledgerUrl: place.url,
        outage,
        outageMs,
        beforeMs: outageMs,
        clients: Number(values.clients),
        sociomile: PRODUCTION,
      },
      progress,
    );
    const nothingLost = counts.duplicates + counts.lost + counts.invisibleDoubts === 0;
    const isQuick = counts.p99Ms <= ANSWERED_WITHIN_MS && counts.recoveredAfterMs <= RECOVERED_WITHIN_MS;
    const isFlat = !(counts.residentAtLast > counts.residentAtFirst * MEMORY_GROWTH);
    report(`a vendor that ${outage}`, counts, nothingLost && isQuick && isFlat);
  }
} finally {
  await postgres.stop();
}

/** The one that was meant; throws where there is none. */
function known<Name extends string>(names: readonly Name[], meant: string): Name {
  const name = names.find((each) => each === meant);
  if (!name) throw new Error(`There is no ${meant}; there are: ${names.join(", ")}`);
  return name;
}
