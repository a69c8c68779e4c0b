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
    calls: { type: "string", default: "20000" }, // on each engine
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    round: { type: "string" }, // only this one
  },
});

/** Calls of one round, without those that repeat everything at its end. */
const CALLS_OF_ONE = 2000;
/** Histories that are told of each broken promise in a round. */
const STORIES = 2;

const [seed, calls] = [Number(values.seed), Number(values.calls)];
const postgres = await startPostgres();
try {
  for (const engine of namesBeginning(ENGINES, values.engine)) {
    const tell = estimating(calls, "calls");
    const sum: Record<string, number> = { calls: 0, differences: 0 };
    let round = Number(values.round ?? 0);
    do {
      const place = { engine, server: postgres.url, postgres };
      const log = await playRound(place, seed, round, Math.min(CALLS_OF_ONE, calls));
      const differences = differencesIn(log);
      for (const [promise, all] of Map.groupBy(differences, (each) => each.promise)) {
        const faults = log.faults.join(", ") || "no faults";
        console.log(`DIFFERENCE in round ${round} (${faults}), ${all.length} times: ${promise}`);
        for (const { saw, story } of all.slice(0, STORIES)) console.log([saw, ...story].join("\n    "));
      }
      for (const [name, count] of Object.entries({ ...countsOf(log), differences: differences.length }))
        sum[name] = (sum[name] ?? 0) + count;
      tell(
        Math.min(calls, sum["calls"]!),
        `seed ${seed}, round ${round++}, ${sum["differences"]} differences`,
      );
    } while (values.round === undefined && sum["calls"]! < calls);
    report(`model on ${engine}, seed ${seed}`, sum, sum["differences"] === 0);
  }
} finally {
  await postgres.stop();
}
// Without this, Node 26.10 may loop for ever while it closes the handles of the faulty network's connections.
process.exit();
