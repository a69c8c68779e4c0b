import { setTimeout as sleep } from "node:timers/promises";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { MUTATIONS, type MutationName, type Payload } from "../support/mutations.ts";
import { type Replica, startReplica } from "../support/replicas.ts";
import { CLIENT_SECRET_KEY } from "../support/config.ts";

/** What one run of kills found; the first three must be 0. */
export interface KillsReport {
  /** Keys under which the vendor executed more than once. */
  duplicates: number;
  /** Executions that no client and no doubt knows of. */
  lost: number;
  /** Doubts that operators cannot see. */
  invisibleDoubts: number;
  kills: number;
  keys: number;
  confirmed: number;
  doubts: number;
  /** Milliseconds from starting a process to its being ready: median and maximum. */
  readyMedianMs: number;
  readyMaxMs: number;
}

/** Short, so that doubts of killed processes are seen soon; still longer than any call here takes. */
const LEASE_MS = 3000;
const CLIENTS = 24;

/** Kills a replica again and again under load, while clients repeat with their keys until they have an outcome. */
export async function kills(
  { ledgerUrl, count, seconds }: { ledgerUrl: string; count: number; seconds: number },
  progress: (line: string) => void,
): Promise<KillsReport> {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  sandbox.setMood("well", { delayMs: 3 });
  const run = new Run(sandbox, ledgerUrl);
  await run.killUntil(count, Date.now() + seconds * 1000, progress);
  await sleep(LEASE_MS + 500); // what the last processes left behind becomes doubts
  return run.verdict();
}

class Run {
  readonly #outcomes = new Map<string, Payload>();
  readonly #ready: number[] = [];
  readonly #sandbox: Sandbox;
  readonly #ledgerUrl: string;
  #replica: Replica | null = null;
  #keys = 0;
  #kills = 0;
  #stopping = false;

  constructor(sandbox: Sandbox, ledgerUrl: string) {
    this.#sandbox = sandbox;
    this.#ledgerUrl = ledgerUrl;
  }

  async killUntil(count: number, deadline: number, progress: (line: string) => void): Promise<void> {
    await this.#start();
    const clients = Array.from({ length: CLIENTS }, () => this.#client());
    while (this.#kills < count && Date.now() < deadline) {
      await sleep(Math.random() * 150);
      await this.#replica?.kill();
      this.#replica = null;
      this.#kills++;
      if (this.#kills % 50 === 0) progress(`${this.#kills} kills, ${this.#keys} keys`);
      await this.#start();
    }
    this.#stopping = true;
    await Promise.all(clients);
  }

  async #start(): Promise<void> {
    const started = performance.now();
    this.#replica = await startReplica({
      vendorUrl: this.#sandbox.url,
      ledgerUrl: this.#ledgerUrl,
      ledger: { leaseMs: LEASE_MS },
    });
    this.#ready.push(performance.now() - started);
  }

  /** Opens tickets and moves them, each under a key of its own, and repeats until there is an outcome. */
  async #client(): Promise<void> {
    while (!this.#stopping) {
      const key = `torture-key-${String(this.#keys++).padStart(8, "0")}`;
      const names = Object.keys(MUTATIONS) as MutationName[];
      const name = names[Math.floor(Math.random() * names.length)]!;
      this.#outcomes.set(key, await this.#untilOutcome(name, key));
    }
  }

  async #untilOutcome(name: MutationName, idempotencyKey: string): Promise<Payload> {
    const { document, example } = MUTATIONS[name];
    // The key goes along as data, so that the vendor's log tells what was executed for it.
    const marked =
      name === "updateTicketStatus" ? { bsgTicketId: idempotencyKey } : { content: idempotencyKey };
    const body = JSON.stringify({
      query: document,
      variables: { input: { ...example, ...marked, idempotencyKey } },
    });
    for (;;) {
      const answer = await this.#replica?.post(body).catch(() => undefined);
      const payload = (answer?.data as Partial<Record<MutationName, Payload>> | undefined)?.[name];
      if (payload && !payload.problems.some(({ retryable }) => retryable)) return payload;
      await sleep(20);
    }
  }

  async verdict(): Promise<KillsReport> {
    const executed = new Map<string, number>();
    for (const { body, executed: done } of this.#sandbox.received) {
      const key = /torture-key-\d+/.exec(body)?.[0];
      if (key !== undefined && done) executed.set(key, (executed.get(key) ?? 0) + 1);
    }
    const doubts = await this.#doubts();
    const outcomes = [...this.#outcomes];
    const inDoubt = outcomes.filter(([, { ticket }]) => ticket === null);
    const known = new Set(this.#outcomes.keys());
    await this.#replica?.kill();
    return {
      duplicates: [...executed.values()].filter((times) => times > 1).length,
      lost:
        [...executed.keys()].filter((key) => !known.has(key)).length +
        outcomes.filter(([key, { ticket }]) => ticket !== null && !executed.has(key)).length,
      invisibleDoubts: inDoubt.filter(([, { submission }]) => !doubts.has(submission?.id ?? "")).length,
      kills: this.#kills,
      keys: known.size,
      confirmed: outcomes.length - inDoubt.length,
      doubts: doubts.size,
      readyMedianMs: Math.round(this.#ready.toSorted((a, b) => a - b)[this.#ready.length >> 1] ?? 0),
      readyMaxMs: Math.round(Math.max(...this.#ready)),
    };
  }

  /** The ids of all doubts, as operators see them. Updates that were superseded meanwhile are no doubts any more. */
  async #doubts(): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const state of ["UNCERTAIN", "SUPERSEDED"]) {
      let after: string | null = null;
      do {
        const answer = await this.#replica!.post(
          JSON.stringify({ query: DOUBTS, variables: { state, after } }),
        );
        const page: DoubtsPage = (answer.data as { ticketSubmissions: DoubtsPage }).ticketSubmissions;
        for (const { node } of page.edges) ids.add(node.id);
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
    }
    return ids;
  }
}

interface DoubtsPage {
  edges: { node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

const DOUBTS = `query ($state: TicketSubmissionState, $after: String) {
  ticketSubmissions(state: $state, first: 100, after: $after) {
    edges { node { id } }
    pageInfo { hasNextPage endCursor }
  }
}`;
