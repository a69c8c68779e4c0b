/**
 * `npm run model`: random histories against a small model of the promises. Each second round on PostgreSQL goes through PgBouncer, where it is installed. It
 * ends with 1 when something differs.
 */
import { randomInt } from "node:crypto";
import { ENGINES, type Engine } from "../../support/ledgers.ts";
import { hasPgBouncer } from "../../support/pgbouncer.ts";
import { startPostgres } from "../../support/postgres.ts";
import { namesBeginning, readOptions, wholeNumber } from "../options.ts";
import { type Tell, tried } from "../watched.ts";
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
/** Histories that are printed of each broken promise in a round. */
const STORIES = 2;

const [seed, calls] = [wholeNumber(values.seed, 0), wholeNumber(values.calls)];
const postgres = await startPostgres();
for (const engine of namesBeginning(ENGINES, values.engine)) {
  const title = `model on ${engine}, seed ${seed}`;
  await tried(title, playRounds, engine, ({ differences }) => differences === 0);
}
await postgres[Symbol.asyncDispose]();
// Without this, Node 26.10 may loop for ever while it closes the handles of the faulty network's connections.
process.exit();

/** Plays rounds until there are enough calls. Returns what was tried and answered in all of them, and prints the differences. */
async function playRounds(engine: Engine, tell: Tell) {
  const sum: Record<string, number> & { differences: number } = { calls: 0, differences: 0 };
  let round = wholeNumber(values.round ?? "0", 0);
  do {
    const isPooled = hasPgBouncer && engine === "PostgreSQL" && round % 2 === 1;
    const place = { engine, server: postgres.url, postgres, isPooled };
    const log = await playRound(place, seed, round, Math.min(CALLS_OF_ONE, calls));
    const differences = differencesIn(log);
    for (const [promise, all] of Map.groupBy(differences, (each) => each.promise)) {
      const faults = [...log.faults, ...(isPooled ? ["PgBouncer"] : [])].join(", ") || "no faults";
      console.log(`DIFFERENCE in round ${round} (${faults}), ${all.length} times: ${promise}`);
      for (const { saw, story } of all.slice(0, STORIES)) console.log([saw, ...story].join("\n    "));
    }
    for (const [name, count] of Object.entries({ ...countsOf(log), differences: differences.length }))
      sum[name] = (sum[name] ?? 0) + count;
    tell(`round ${round++}, ${sum["calls"]} calls, ${sum.differences} differences`, sum["calls"]! / calls);
  } while (values.round === undefined && sum["calls"]! < calls);
  return sum;
}
