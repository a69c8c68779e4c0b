/** A long queue: its memory, the speed of its delivery, and the callers who wait meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../bench/measures.ts";
import { residentMiBOf } from "../bench/processes.ts";
import { mutate } from "../../support/mutations.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { freePort } from "../../support/free-port.ts";
import { sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { openLoop } from "../open-loop.ts";
import type { Amounts, Tell } from "../watched.ts";
import { handingIn } from "./hand-ins.ts";
import { untilEmpty } from "./queue-kills.ts";

/** `perSecond`: direct calls, which are measured for `usualMs` without a queue. */
type Plan = { ledgerUrl: string } & Amounts<"replicas" | "requests" | "vendorMs" | "perSecond" | "usualMs">;

const CALM_MS = 5000;
const AT_ONCE = 32;

export async function queueRecovery(
  { ledgerUrl, replicas: count, requests, vendorMs, perSecond, usualMs }: Plan,
  tell: Tell,
) {
  const port = await freePort();
  const settings = {
    vendorUrl: `http://127.0.0.1:${port}`,
    ledgerUrl,
    config: { DELIVERY_MAX_QUEUED: 2 * requests },
  };
  await using sql = await sqlOn({ url: ledgerUrl });
  await using opened = new AsyncDisposableStack();
  const replicas: Replica[] = [];
  while (replicas.length < count) replicas.push(opened.use(await startReplica(settings)));
  const vendorAt = () => openSandbox({ port, keep: 1_000_000 });

  let usual: number[];
  {
    await using before = await vendorAt();
    before.setMood("well", { delayMs: vendorMs });
    await directCalls(replicas, perSecond, () => false, usualMs / 2); // warms up
    usual = await directCalls(replicas, perSecond, () => false, usualMs);
  }
  const handIns = handingIn((nth) => replicas[nth % count]!);
  // As many requests without a queue first, and some with it, so that the growth is that of the queue and not of warm code.
  await handIns.burst(requests, AT_ONCE, "FAIL");
  await handIns.burst(requests / 20, AT_ONCE, "DELIVER_LATER");
  await sleep(CALM_MS);
  const memories = () => replicas.map(({ process }) => residentMiBOf(process.pid!));
  const memoriesBefore = memories();
  await handIns.burst(requests, AT_ONCE, "DELIVER_LATER");
  await sleep(CALM_MS);
  const grown = memories().map((memory, nth) => memory - memoriesBefore[nth]!);
  tell(`${requests} requests are queued`);

  await using vendor = await vendorAt();
  vendor.setMood("well", { delayMs: vendorMs });
  const back = performance.now();
  let isDelivered = false;
  const delivering = untilEmpty(sql, vendor).finally(() => (isDelivered = true));
  // The breakers close within seconds. What direct callers get before that is no delay.
  const meanwhile = await directCalls(replicas, perSecond, () => isDelivered, Infinity);
  const { firstAt, lastAt } = await delivering;
  return {
    requests,
    // Growth of the resident memory of a replica while they are handed in and wait. NaN when unknown.
    grownMiB: Math.round(Math.max(...grown)),
    firstAfterMs: Math.round(firstAt - back),
    lastAfterMs: Math.round(lastAt - back),
    // 99th percentiles of direct calls without a queue and while it is delivered, and the number of the latter
    usualP99Ms: Math.round(percentile(usual, 0.99)),
    meanwhileP99Ms: Math.round(percentile(meanwhile, 0.99)),
    meanwhileCalls: meanwhile.length,
  };
}

/** Calls in an open loop. Returns the milliseconds of those that got a ticket. */
async function directCalls(
  replicas: readonly Replica[],
  perSecond: number,
  isOver: () => boolean,
  forMs: number,
): Promise<number[]> {
  const until = performance.now() + forMs;
  const took = await openLoop(
    perSecond,
    () => isOver() || performance.now() >= until,
    async (nth) => {
      const began = performance.now();
      const { payload } = await mutate(replicas[nth % replicas.length]!, "createVoiceTicket");
      return payload?.ticket ? performance.now() - began : [];
    },
  );
  return took.flat();
}
