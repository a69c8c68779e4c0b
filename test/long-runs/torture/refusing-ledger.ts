import { setTimeout as sleep } from "node:timers/promises";
import { residentMiBOf } from "../bench/processes.ts";
import { watchMemory } from "../soak/memory-watch.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { type Lock, lockOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { openLoop } from "../open-loop.ts";
import type { Amounts, Tell } from "../watched.ts";

/**
 * New calls come at a rate, whatever happens to earlier ones, until MOST_WAITING are open. The service works for `beforeMs`, in which it reaches its
 * working size. Its memory is measured `soonMs` after the ledger began to refuse, and in the end, each time as the median over a fifth of that.
 */
type Plan = { engine: Engine; server: string; pooled: Pooled } & Amounts<
  "perSecond" | "beforeMs" | "refusesMs" | "soonMs"
>;

/** Most calls that are open at once. It is more than the service admits. */
const MOST_WAITING = 400;
const RECOVERED_WITHIN_MS = 30_000;

/** Lets the ledger refuse for minutes under load: PostgreSQL refuses connections, and another process locks SQLite's file. */
export async function refusingLedger(
  { engine, server, pooled, perSecond, beforeMs, refusesMs, soonMs }: Plan,
  tell: Tell,
) {
  await using ledger = await refusable(engine, server, pooled);
  await using sandbox = await openSandbox({ keep: 1000 });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: ledger.url });
  using memory = watchMemory(() => residentMiBOf(replica.process.pid!));
  const count = { calls: 0, waiting: 0, confirmed: 0 };
  let isOver = false;
  using load = new DisposableStack();
  load.defer(() => (isOver = true));
  void openLoop(
    perSecond,
    () => isOver,
    async (nth) => {
      count.calls = nth + 1;
      if (count.waiting >= MOST_WAITING) return;
      count.waiting++;
      const idempotencyKey = `key-of-a-caller-${String(nth).padStart(8, "0")}`;
      const answer = await mutate(replica, "createVoiceTicket", { idempotencyKey }).catch(() => undefined);
      count.waiting--;
      if (answer?.payload?.ticket) count.confirmed++;
    },
  );

  await sleep(beforeMs);
  await ledger.refuse();
  tell("the ledger refuses", beforeMs / (beforeMs + refusesMs));
  const refusedSince = performance.now();
  await sleep(soonMs / 5); // earlier calls have ended
  const confirmedBefore = count.confirmed;
  await sleep((soonMs * 4) / 5);
  const residentSoon = memory.median(performance.now() - soonMs / 5);
  tell(`${residentSoon} MiB soon after the ledger began to refuse`);
  await sleep(Math.max(0, refusesMs - (performance.now() - refusedSince)));
  const residentAtEnd = memory.median(performance.now() - soonMs / 5);
  const confirmedMeanwhile = count.confirmed - confirmedBefore;
  await ledger.recover();
  const since = performance.now();
  const before = count.confirmed;
  while (count.confirmed === before && performance.now() < since + RECOVERED_WITHIN_MS) await sleep(10);
  return {
    calls: count.calls,
    confirmedMeanwhile, // must be 0
    // Memory of the service in MiB, as medians. NaN when it cannot be read.
    residentSoon,
    residentAtEnd,
    // from the ledger's return to the first CONFIRMED; Infinity: none in time
    recoveredAfterMs: count.confirmed === before ? Infinity : Math.round(performance.now() - since),
  };
}

/** Makes a ledger that refuses on order. */
async function refusable(engine: Engine, server: string, pooled: Pooled) {
  if (engine === "PostgreSQL") {
    const database = await faultyDatabase(server, { pooled });
    const { url, network } = database.ways[0]!;
    return {
      url,
      async refuse() {
        network.refuse();
        network.cut("RST");
      },
      recover: () => network.recover(),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }
  const place = await placeFor("SQLite");
  let lock: Lock | undefined;
  return {
    url: place.url,
    async refuse() {
      lock = await lockOn(place);
    },
    recover: async () => lock?.release(),
    async [Symbol.asyncDispose]() {
      await lock?.release();
      await place[Symbol.asyncDispose]();
    },
  };
}
