import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startClients } from "../../support/keyed-clients.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import { PRODUCTION } from "./production.ts";
import type { Amounts, Tell } from "../watched.ts";

/**
 * Runs two replicas and replaces them in turn under load. The other replica then serves alone. Requests go by turns to those that are ready, as a load
 * balancer sends them, which never repeats one. The vendor takes `vendorMs`, so that requests are under way at each stop.
 */
export async function rollingRestarts(
  plan: { ledgerUrl: string } & Amounts<"restarts" | "clients" | "vendorMs" | "drainLagMs">,
  tell: Tell,
) {
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await openSandbox({ keep: 10_000_000 }));
  sandbox.setMood("well", { delayMs: plan.vendorMs });
  const config = { ...PRODUCTION, DRAIN_LAG_MS: plan.drainLagMs };
  const settings = { vendorUrl: sandbox.url, ledgerUrl: plan.ledgerUrl, config };
  const ready = new Set<Replica>();
  const start = async () => {
    const replica = opened.use(await startReplica(settings));
    void follow(replica, ready);
    while (!ready.has(replica)) await sleep(10);
    return replica;
  };
  const replicas = await Promise.all([start(), start()]);
  let turn = 0;
  let [requests, failed, badExits, slowestExitMs] = [0, 0, 0, 0];
  const clients = startClients({
    clients: plan.clients,
    pauseMs: 100,
    post: async (body) => [...ready][turn++ % ready.size]!.post(body),
    tried(payload) {
      requests++;
      if (payload?.ticket) return;
      failed++;
      tell(`failed: ${payload ? payload.problems.map(({ code }) => code).join() : "no answer"}`);
    },
  });
  for (let restart = 0; restart < plan.restarts; restart++) {
    const old = replicas[restart % 2]!;
    const since = performance.now();
    const code = await stopped(old);
    slowestExitMs = Math.max(slowestExitMs, Math.round(performance.now() - since));
    if (code !== 0) badExits++;
    replicas[restart % 2] = await start();
    tell(`${restart + 1} restarts, ${requests} requests, ${failed} failed`, (restart + 1) / plan.restarts);
  }
  await clients.stop();
  return {
    restarts: plan.restarts,
    requests,
    failed, // without a ticket at the first try; must be 0
    vendorCalls: sandbox.received.length, // must equal requests
    badExits, // processes that did not end with 0 in time; must be 0
    slowestExitMs, // from SIGTERM to the end of the process
  };
}

/** Notes whether a replica is ready, until its process ends. A look and the pause after it are shorter than the drain lag. */
export async function follow(replica: Replica, ready: Set<Replica>): Promise<void> {
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
export async function stopped({ process: child }: Replica): Promise<unknown> {
  const exit = once(child, "exit", { signal: AbortSignal.timeout(20_000) });
  child.kill("SIGTERM");
  const [code] = await exit.catch(() => [null]);
  return code;
}
