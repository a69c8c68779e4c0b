/** `npm run model`: random histories against a small model of the promises. It ends with 1 when something differs. */
import { randomInt } from "node:crypto";
import { ENGINES } from "../../support/ledgers.ts";
import { startPostgres } from "../../support/postgres.ts";
import { estimating, report } from "../../support/verdict.ts";
import { namesBeginning, readOptions } from "../options.ts";
import { countsOf, differencesIn } from "./check.ts";
import { playRound } from "./round.ts";

const { values } = readOptions({
  options: {
    calls: { type: "string", default: "20000" },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    round: { type: "string" }, // only this one
    pgbouncer: { type: "boolean", default: false },
  },
});

/** Calls of one round. */
const CALLS = 2000;
/** Histories that are told for each promise. */
const STORIES = 2;

const seed = Number(values.seed);
const calls = Number(values.calls);
const rounds = Array.from({ length: Math.ceil(calls / CALLS) }, (_, nth) => nth);
const postgres = await startPostgres();
try {
  for (const engine of namesBeginning(ENGINES, values.engine)) {
    const tell = estimating(rounds.length, "rounds");
    const sum: Record<string, number> = {};
    for (const round of values.round ? [Number(values.round)] : rounds) {
      const place = { engine, server: postgres.url, pooled: values.pgbouncer, postgres };
      const log = await playRound(place, seed, round, Math.min(CALLS, calls));
      const differences = differencesIn(log);
      for (const [name, count] of Object.entries({ ...countsOf(log), differences: differences.length }))
        sum[name] = (sum[name] ?? 0) + count;
      for (const [promise, all] of Map.groupBy(differences, (each) => each.promise)) {
        console.log(
          `DIFFERENCE in round ${round} (${log.faults.join(", ")}), ${all.length} times: ${promise}`,
        );
        for (const { saw, story } of all.slice(0, STORIES))
          console.log(`  ${saw}\n    ${story.join("\n    ")}`);
      }
      tell(round + 1, `seed ${seed}, ${sum["calls"]} calls, ${sum["differences"]} differences`);
    }
    report(`model on ${engine}, seed ${seed}`, sum, sum["differences"] === 0);
  }
} finally {
  await postgres.stop();
}
// Without this, Node 26.10 may loop for ever while it closes the handles of the faulty network's connections.
process.exit();
