import { setTimeout as sleep } from "node:timers/promises";
import { type Sandbox, startSandbox } from "../../../src/sandbox/server.ts";
import { type Account, accountOf, doubtsOf } from "../../support/accounts.ts";
import { KeyedClients } from "../../support/keyed-clients.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import type { Tell } from "../watched.ts";

/** Results of one run of kills. */
export interface KillsReport extends Account {
  kills: number;
  /** Time from the start of a process until it is ready, in milliseconds: median and maximum. */
  readyMedianMs: number;
  readyMaxMs: number;
}

/** Lease that is short, so that doubts of killed processes appear soon, but longer than every call here. */
const LEASE_MS = 3000;
const CLIENTS = 24;
/** Tickets that updates share. */
const TICKETS = 8;
const AGAIN_AFTER_MS = 20;

/** Kills a replica again and again under load, while clients repeat with their keys until they have an outcome. */
export async function kills(
  { ledgerUrl, count, seconds }: { ledgerUrl: string; count: number; seconds: number },
  progress: Tell,
): Promise<KillsReport> {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  sandbox.setMood("well", { delayMs: 3 });
  const run = new Run(sandbox, ledgerUrl);
  const clients = await run.killUntil(count, Date.now() + seconds * 1000, progress);
  await sleep(LEASE_MS + 500); // reservations of the last processes then become doubts
  return run.verdict(clients);
}

class Run {
  readonly #ready: number[] = [];
  readonly #sandbox: Sandbox;
  readonly #ledgerUrl: string;
  #replica: Replica | null = null;
  #kills = 0;

  constructor(sandbox: Sandbox, ledgerUrl: string) {
    this.#sandbox = sandbox;
    this.#ledgerUrl = ledgerUrl;
  }

  async killUntil(count: number, deadline: number, progress: Tell): Promise<KeyedClients> {
    await this.#start();
    const clients = new KeyedClients({
      clients: CLIENTS,
      pauseMs: AGAIN_AFTER_MS,
      tickets: TICKETS,
      post: async (body) => this.#replica?.post(body),
    });
    while (this.#kills < count && Date.now() < deadline) {
      await sleep(Math.random() * 150);
      await this.#replica?.kill();
      this.#replica = null;
      this.#kills++;
      if (this.#kills % 50 === 0)
        progress(`${this.#kills} kills, ${clients.outcomes.size} keys`, this.#kills / count);
      await this.#start();
    }
    await clients.stop();
    return clients;
  }

  async #start(): Promise<void> {
    const started = performance.now();
    this.#replica = await startReplica({
      vendorUrl: this.#sandbox.url,
      ledgerUrl: this.#ledgerUrl,
      config: { leaseMs: LEASE_MS },
    });
    this.#ready.push(performance.now() - started);
  }

  async verdict({ outcomes }: KeyedClients): Promise<KillsReport> {
    await using replica = this.#replica!;
    return {
      ...accountOf(this.#sandbox.received, outcomes, await doubtsOf(replica)),
      kills: this.#kills,
      readyMedianMs: Math.round(this.#ready.toSorted((a, b) => a - b)[this.#ready.length >> 1] ?? 0),
      readyMaxMs: Math.round(Math.max(...this.#ready)),
    };
  }
}
