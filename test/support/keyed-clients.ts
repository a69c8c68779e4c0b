import { setTimeout as sleep } from "node:timers/promises";
import type { Received } from "../../src/sandbox/server.ts";
import type { Client } from "./client.ts";
import { MUTATIONS, type MutationName, type Payload, mutate } from "./mutations.ts";

export interface Load {
  clients: number;
  /** Average pause before the next try under the same key, in milliseconds. It varies, so that clients do not call all at once. */
  pauseMs: number;
  /** Number of tickets that updates share, and so wait for each other. By default each update has its own. */
  tickets?: number;
  /** Rejects when nobody answers. */
  post: Client["post"];
  /** Called after every try. Null: no answer, or one that is not GraphQL's. */
  tried?: (payload: Payload | null) => void;
}

/** Longest time for which stopping clients wait for their last outcomes. Milliseconds. */
const LAST_OUTCOMES_MS = 60_000;

const NAMES = Object.keys(MUTATIONS) as MutationName[];

/** Clients that open and update tickets. Each request has a new key. It is repeated under this key until it has an outcome. */
export class KeyedClients {
  /** Answers by key. */
  readonly outcomes = new Map<string, Payload>();
  readonly #load: Load;
  readonly #working: Promise<unknown>;
  #keys = 0;
  #tickets = 0;
  #giveUpAt = Infinity;

  constructor(load: Load) {
    this.#load = load;
    this.#working = Promise.all(Array.from({ length: load.clients }, () => this.#client()));
  }

  /** Stops the clients. Resolves when each has the outcome of its last key, or has stopped waiting for it. */
  async stop(): Promise<void> {
    this.#giveUpAt = performance.now() + LAST_OUTCOMES_MS;
    await this.#working;
  }

  /** Measures the milliseconds until a client gets a ticket; Infinity when none does in time. */
  async untilTicket(withinMs: number): Promise<number> {
    const [since, before] = [performance.now(), this.#tickets];
    while (this.#tickets === before) {
      if (performance.now() > since + withinMs) return Infinity;
      await sleep(10);
    }
    return Math.round(performance.now() - since);
  }

  async #client(): Promise<void> {
    while (this.#giveUpAt === Infinity) {
      const key = `key-of-a-client-${String(this.#keys++).padStart(8, "0")}`;
      const name = NAMES[Math.floor(Math.random() * NAMES.length)]!;
      const outcome = await this.#untilOutcome(name, key);
      if (outcome) this.outcomes.set(key, outcome);
    }
  }

  async #untilOutcome(name: MutationName, idempotencyKey: string): Promise<Payload | null> {
    const { tickets, pauseMs, tried } = this.#load;
    const ticketId = `ticket-${tickets === undefined ? idempotencyKey : Math.floor(Math.random() * tickets)}`;
    // The key is part of the data, so that the vendor's log shows the executions for it.
    const isUpdate = name === "updateTicketStatus";
    const marked = isUpdate ? { bsgTicketId: idempotencyKey, ticketId } : { content: idempotencyKey };
    for (;;) {
      const answer = await mutate(this.#load, name, { ...marked, idempotencyKey }).catch(() => null);
      const payload = answer?.payload ?? null;
      if (payload?.ticket) this.#tickets++;
      tried?.(payload);
      if (payload && !payload.problems.some(({ retryable }) => retryable)) return payload;
      if (performance.now() > this.#giveUpAt) return null;
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  }
}

/** Reads the key for which a request to the vendor was made. */
export function keyIn({ body }: Received): string | undefined {
  return /key-of-a-client-\d+/.exec(body)?.[0];
}
