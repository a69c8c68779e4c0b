/**
 * `npm run versions`: runs this version and later ones on one ledger, and changes the form of a large one. Prints one line for
 * each run, and ends with 1 when a run breaks its promise. `--run` chooses a run; the other options change the amounts.
 */
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { buildVersion } from "../../support/versions.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { tried } from "../watched.ts";
import { largeMigration } from "./large.ts";
import { rollingVersions } from "./rolling.ts";

const { values } = readOptions({
  options: {
    run: { type: "string", multiple: true, default: [""] },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    rate: { type: "string", default: "60" }, // creates a second
    stay: { type: "string", default: "4000" }, // milliseconds between two replacements
    rows: { type: "string", default: "1000000" }, // of a large ledger
  },
});

using nextVersion = buildVersion("second");
using versionAfter = buildVersion("third");
const versions = { second: nextVersion, third: versionAfter };
await using postgres = await startPostgres();

/** Most that the 99th percentile of creates may rise beside a migration, and longest wait for a lock. */
const MOST_RISE = 1.5;
const LONGEST_WAIT_MS = 100;

const RUNS: Readonly<Record<string, () => Promise<void>>> = {
  "rolling versions": async () => {
    for (const engine of namesBeginning(ENGINES, values.engine)) {
      await using place = await placeFor(engine, postgres.url);
      const [perSecond, stayMs] = [wholeNumber(values.rate), wholeNumber(values.stay)];
      const plan = { ledgerUrl: place.url, versions, perSecond, stayMs, drainLagMs: 1500 };
      await tried(`rolling versions on ${engine}`, rollingVersions, plan, (counts) => {
        return counts.failed + counts.badExits + counts.doubled + counts.lost === 0;
      });
    }
  },

  "large migration": async () => {
    for (const engine of namesBeginning(ENGINES, values.engine)) {
      await using place = await placeFor(engine, postgres.url);
      const plan = { ledgerUrl: place.url, versions, rows: wholeNumber(values.rows), perSecond: 20, quietMs: 20_000 };
      await tried(`large migration on ${engine}`, largeMigration, plan, ({ expanding, contracting }) =>
        [expanding, contracting].every(({ rise, longestWaitMs, code, failed }) => {
          const isKept = rise <= MOST_RISE && (longestWaitMs ?? 0) <= LONGEST_WAIT_MS;
          return code === 0 && (engine === "SQLite" || (isKept && failed === 0)); // SQLite makes an index alone
        }),
      );
    }
  },
};

for (const name of namesBeginning(Object.keys(RUNS), values.run)) await RUNS[name]!();
