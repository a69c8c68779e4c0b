/**
 * `npm run torture`: what cannot be shown in a short test. Bounded in time, prints its counts, and ends with 1 when one of
 * them is not what is promised.
 */
import { parseArgs } from "node:util";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { progress, report } from "../../support/verdict.ts";
import { idling } from "./idling.ts";
import { kills } from "./kills.ts";
import { sharing } from "./sharing.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    keys: { type: "string", default: "2000" },
    calls: { type: "string", default: "100000" },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seconds: { type: "string", default: "1200" }, // for the kills, on each engine
  },
});

const postgres = await startPostgres();
try {
  for (const engine of ENGINES.filter((name) => values.engine.includes(name))) {
    {
      await using place = await placeFor(engine, postgres.url);
      const counts = await sharing({ ledgerUrl: place.url, keys: Number(values.keys) });
      report(
        `two processes on ${engine}`,
        counts,
        counts.vendorCalls === counts.keys && counts.otherAnswers === 0,
      );
    }
    await using place = await placeFor(engine, postgres.url);
    const counts = await kills(
      { ledgerUrl: place.url, count: Number(values.kills), seconds: Number(values.seconds) },
      progress,
    );
    report(`kills on ${engine}`, counts, counts.duplicates + counts.lost + counts.invisibleDoubts === 0);
  }
  if (Number(values.calls) > 0) {
    await using place = await placeFor("SQLite");
    const counts = await idling({ ledgerUrl: place.url, calls: Number(values.calls) }, progress);
    report("a vendor that closes idle connections", counts, counts.doubts === 0);
  }
} finally {
  await postgres.stop();
}
