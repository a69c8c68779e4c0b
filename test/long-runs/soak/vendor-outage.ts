import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../bench/measures.ts";
import { residentMiBOf } from "../bench/processes.ts";
import { accountOf, doubtsOf } from "../../support/accounts.ts";
import type { Client } from "../../support/client.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { startClients } from "../../support/keyed-clients.ts";
import { startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Amounts, Tell } from "../watched.ts";
import { watchMemory } from "./memory-watch.ts";
import type { PRODUCTION } from "./production.ts";

/** Failures of the vendor: nobody listens on its port, or it executes requests and never answers. */
export const OUTAGES = ["refuses", "hangs"] as const;

/** Before the outage the service reaches its working size, in `beforeMs`. */
type Plan = { ledgerUrl: string; outage: (typeof OUTAGES)[number]; config: Amounts<keyof typeof PRODUCTION> } & Amounts<
  "outageMs" | "beforeMs" | "clients"
>;

const ANSWER_MS = 100;

/** Runs a steady load while the vendor fails for a time and then recovers. */
export async function vendorOutage({ outage, outageMs, beforeMs, ...plan }: Plan, tell: Tell) {
  await using sandbox = await openSandbox({ keep: 10_000_000 });
  sandbox.setMood("well", { delayMs: ANSWER_MS });
  await using network = await FaultyNetwork.to({ port: Number(new URL(sandbox.url).port) });
  let isOpen = false;
  let openedAt = NaN;
  const { ledgerUrl, config } = plan;
  const settings = { vendorUrl: `http://127.0.0.1:${network.port}`, ledgerUrl, config };
  await using replica = await startReplica(settings, ({ event, state }) => {
    if (event !== "sociomile.breaker") return;
    isOpen = state === "open";
    if (isOpen && Number.isNaN(openedAt)) openedAt = performance.now();
  });
  using memory = watchMemory(() => residentMiBOf(replica.process.pid!));
  const whileOpen: number[] = [];
  const post: Client["post"] = async (body) => {
    const [began, wasOpen] = [performance.now(), isOpen];
    const answer = await replica.post(body);
    if (wasOpen || answer.text.includes('"CIRCUIT_OPEN"')) whileOpen.push(performance.now() - began);
    return answer;
  };
  const clients = startClients({ clients: plan.clients, pauseMs: 250, post });

  await sleep(beforeMs);
  const began = performance.now();
  tell("the vendor fails", beforeMs / (beforeMs + outageMs));
  if (outage === "hangs") sandbox.setMood("hang");
  else {
    network.refuse();
    network.cut();
  }
  await sleep(outageMs / 3);
  const residentAtFirst = memory.median(began);
  await sleep((outageMs * 2) / 3);
  const residentAtLast = memory.median(performance.now() - outageMs / 3);
  sandbox.setMood("well", { delayMs: ANSWER_MS });
  await network.recover();
  tell(`the vendor is back; ${whileOpen.length} tries learned that it is not asked`);
  const recoveredAfterMs = await clients.untilTicket(60_000);
  await clients.stop();
  return {
    ...accountOf(sandbox.received, clients.outcomes, await doubtsOf(replica)),
    openedAfterMs: Math.round(openedAt - began), // NaN: the breaker did not open
    // tries that met an open breaker, and their times
    whileOpen: whileOpen.length,
    p99Ms: Math.round(percentile(whileOpen, 0.99)),
    recoveredAfterMs, // from the end of the outage to the first ticket
    // memory of the service in MiB, as medians: in the first and the last third of the outage; NaN when unknown
    residentAtFirst,
    residentAtLast,
  };
}
