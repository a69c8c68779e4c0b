import { setTimeout as sleep } from "node:timers/promises";
import { residentMiBOf } from "../bench/processes.ts";
import { watchMemory } from "../soak/memory-watch.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { lockOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { openLoop } from "../loops.ts";
import type { Amounts, Tell } from "../watched.ts";

/**
 * New calls come at a rate, whatever happens to earlier ones, until MOST_WAITING are open. The service works for `beforeMs`, in which it reaches its
 * working size. Its memory is measured `soonMs` after the ledger began to refuse, and in the end, each time as the median over a fifth of that.
 */
type Plan = Place & Amounts<"perSecond" | "beforeMs" | "refusesMs" | "soonMs">;
type Place = Readonly<{ engine: Engine; server: string; pooled: Pooled }>;

/** Most calls that are open at once. It is more than the service admits. */
const MOST_WAITING = 400;
const RECOVERED_WITHIN_MS = 30_000;

/** Lets the ledger refuse for minutes under load: PostgreSQL refuses connections, and another process locks SQLite's file. */
export async function refusingLedger({ perSecond, beforeMs, refusesMs, soonMs, ...place }: Plan, tell: Tell) {
  await using opened = new AsyncDisposableStack();
  const ledger = await refusable(place, opened);
  await using sandbox = await openSandbox({ keep: 1000 });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: ledger.url });
  using memory = watchMemory(() => residentMiBOf(replica.process.pid!));
  const count = { calls: 0, waiting: 0, confirmed: 0 };
  let isOver = false;
  opened.defer(() => void (isOver = true));
  const call = async (nth: number) => {
    count.calls = nth + 1;
    if (count.waiting >= MOST_WAITING) return;
    count.waiting++;
    const idempotencyKey = `key-of-a-caller-${String(nth).padStart(8, "0")}`;
    const input = { idempotencyKey, sourceTicketId: String(nth) };
    const answer = await mutate(replica, "createVoiceTicket", input).catch(() => undefined);
    count.waiting--;
    if (answer?.payload?.ticket) count.confirmed++;
  };
  void openLoop(perSecond, () => isOver, call);

  await sleep(beforeMs);
  const recover = await ledger.refuse();
  tell("the ledger refuses", beforeMs / (beforeMs + refusesMs));
  await sleep(soonMs / 5); // earlier calls have ended
  const confirmedBefore = count.confirmed;
  await sleep((soonMs * 4) / 5);
  const residentSoon = memory.median(performance.now() - soonMs / 5);
  tell(`${residentSoon} MiB soon after the ledger began to refuse`);
  await sleep(refusesMs - soonMs);
  const residentAtEnd = memory.median(performance.now() - soonMs / 5);
  const confirmedMeanwhile = count.confirmed - confirmedBefore;
  await recover();
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

/** Makes a ledger that refuses on order. The order returns what ends it. */
async function refusable({ engine, server, pooled }: Place, opened: AsyncDisposableStack) {
  if (engine === "SQLite") {
    const { url } = opened.use(await placeFor("SQLite"));
    return { url, refuse: async () => opened.use(await lockOn({ url })).release };
  }
  const { url, network } = opened.use(await faultyDatabase(server, { pooled })).ways[0]!;
  const refuse = async () => {
    network.refuse();
    network.cut("RST");
    return () => network.recover();
  };
  return { url, refuse };
}
