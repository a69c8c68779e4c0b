import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { executionsBy } from "../../support/accounts.ts";
import { keyIn } from "../../support/keyed-clients.ts";
import { mutate } from "../../support/mutations.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { LaterVersions } from "../../support/versions.ts";
import { percentile } from "../bench/measures.ts";
import { openLoop } from "../loops.ts";
import type { Amounts, Tell } from "../watched.ts";

/** Time for the vendor's answer, so that requests are under way at each stop. */
const VENDOR_MS = 200;

/**
 * Runs two replicas under an even load, and replaces one after the other by another version: forward, back, forward again, and to the version that
 * contracts the form. Then both are killed in turn. Requests go by turns to those that are ready, as a load balancer sends them. None is repeated until
 * the first kill; then one that a replica does not answer is repeated once. `stayMs`: time between two replacements.
 */
export async function rollingVersions(
  plan: { ledgerUrl: string; versions: LaterVersions } & Amounts<"perSecond" | "stayMs" | "drainLagMs">,
  tell: Tell,
) {
  const { ledgerUrl, versions, perSecond, stayMs, drainLagMs } = plan;
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await openSandbox({ keep: 10_000_000 }));
  sandbox.setMood("well", { delayMs: VENDOR_MS });
  const ready = new Set<Replica>();
  const migrations: unknown[] = [];
  const start = async (app?: string) => {
    const settings = { vendorUrl: sandbox.url, ledgerUrl, config: { DRAIN_LAG_MS: drainLagMs }, app };
    const replica = opened.use(
      await startReplica(settings, ({ event, migration }) => {
        if (event === "ledger.migrated") migrations.push(migration);
      }),
    );
    void follow(replica, ready);
    while (!ready.has(replica)) await sleep(10);
    return replica;
  };
  const replicas = [await start(), await start()];
  let [turn, isKilling] = [0, false];
  const next = () => [...ready][turn++ % ready.size]!;
  const counts = { creates: 0, failed: 0, heldByKilled: 0, badExits: 0 };
  const latencies: number[] = [];
  const opening = new Set<string>(); // keys that got their tickets
  const create = async (nth: number) => {
    counts.creates++;
    const key = `key-of-a-client-${String(nth).padStart(8, "0")}`;
    let isHeld = false;
    const leftAt = performance.now();
    const post: Replica["post"] = async (body) => {
      const first = next();
      try {
        return await first.post(body);
      } catch (error) {
        if (!isKilling) throw error;
        isHeld = true;
        ready.delete(first);
        return next().post(body);
      }
    };
    const marked = { idempotencyKey: key, content: key, helpdeskTicketNumber: String(100_000 + nth) };
    const answer = await mutate({ post }, "createHelpdeskTicket", marked).catch(() => null);
    latencies.push(performance.now() - leftAt);
    if (answer?.payload?.ticket) opening.add(key);
    else if (isHeld) counts.heldByKilled++;
    else {
      counts.failed++;
      tell(`failed: ${answer?.payload?.problems.map(({ code }) => code).join() ?? answer?.text ?? "no answer"}`);
    }
  };
  let isOver = false;
  const loading = openLoop(perSecond, () => isOver, create);
  const rollTo = async (name: string, app?: string) => {
    for (const at of replicas.keys()) {
      const newer = await start(app);
      if ((await stopped(replicas[at]!)) !== 0) counts.badExits++;
      replicas[at] = newer;
      await sleep(stayMs);
    }
    tell(`rolled to the ${name} version: ${counts.creates} creates, ${counts.failed} failed`);
  };
  await sleep(stayMs);
  await rollTo("second", versions.second.app);
  await rollTo("present");
  await rollTo("second", versions.second.app);
  await rollTo("third", versions.third.app);
  isKilling = true;
  for (const at of replicas.keys()) {
    await replicas[at]!.kill();
    replicas[at] = await start(versions.third.app);
    await sleep(stayMs);
  }
  isOver = true;
  await loading;
  const executed = executionsBy(sandbox.received, keyIn);
  return {
    ...counts,
    migrations, // each once
    doubled: [...executed.values()].filter((times) => times > 1).length,
    lost: [...opening].filter((key) => !executed.has(key)).length,
    p50Ms: Math.round(percentile(latencies, 0.5)),
    p99Ms: Math.round(percentile(latencies, 0.99)),
  };
}

/** Notes whether a replica is ready, until its process ends. A look and the pause after it are shorter than the drain lag. */
async function follow(replica: Replica, ready: Set<Replica>): Promise<void> {
  while (!replica.hasEnded()) {
    const signal = AbortSignal.timeout(1000);
    const answer = await fetch(new URL("/readyz", replica.url), { signal }).catch(() => null);
    if (answer?.ok) ready.add(replica);
    else ready.delete(replica);
    await sleep(200);
  }
  ready.delete(replica);
}

/** Returns the exit code after SIGTERM; null when the process does not end in time. */
async function stopped({ process: child }: Replica): Promise<unknown> {
  const exit = once(child, "exit", { signal: AbortSignal.timeout(20_000) });
  child.kill("SIGTERM");
  const [code] = await exit.catch(() => [null]);
  return code;
}
