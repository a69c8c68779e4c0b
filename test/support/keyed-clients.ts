import { setTimeout as sleep } from "node:timers/promises";
import type { Received } from "../../sandbox/server.ts";
import type { Client } from "./client.ts";
import { MUTATIONS, type MutationName, type Payload, mutate } from "./mutations.ts";

export interface Load {
  clients: number;
  /** Average pause before the next try under the same key, in milliseconds. It varies, so that clients do not call all at once. */
  pauseMs: number;
  /** Number of tickets that updates share, and so wait for each other. By default each update has its own. */
  tickets?: number;
  post: Client["post"];
  /** Called after every try. Null: no answer, or one that is not GraphQL's. */
  tried?: (payload: Payload | null) => void;
}

/** Longest time for which stopping clients wait for their last outcomes. Milliseconds. */
const LAST_OUTCOMES_MS = 60_000;

const NAMES = Object.keys(MUTATIONS) as MutationName[];

/** Starts clients that open and update tickets. Each request has a new key. It is repeated under this key until it has an outcome. */
export function startClients({ clients: count, pauseMs, tickets, post, tried }: Load) {
  const outcomes = new Map<string, Payload>();
  const state = { keys: 0, opened: 0, giveUpAt: Infinity };

  const untilOutcome = async (name: MutationName, idempotencyKey: string): Promise<Payload | null> => {
    const ticketId = `ticket-${tickets === undefined ? idempotencyKey : Math.floor(Math.random() * tickets)}`;
    // The key is part of the data, so that the vendor's log shows the executions for it.
    const number = idempotencyKey.replace("key-of-a-client-", "9");
    const marked = {
      createHelpdeskTicket: { content: idempotencyKey, helpdeskTicketNumber: number },
      createVoiceTicket: { content: idempotencyKey, sourceTicketId: number },
      updateTicketStatus: { bsgTicketId: idempotencyKey, ticketId },
    }[name];
    for (;;) {
      const answer = await mutate({ post }, name, { ...marked, idempotencyKey }).catch(() => null);
      const payload = answer?.payload ?? null;
      if (payload?.ticket) state.opened++;
      tried?.(payload);
      if (payload && !payload.problems.some(({ retryable }) => retryable)) return payload;
      if (performance.now() > state.giveUpAt) return null;
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  };
  const client = async () => {
    while (state.giveUpAt === Infinity) {
      const key = `key-of-a-client-${String(state.keys++).padStart(8, "0")}`;
      const outcome = await untilOutcome(NAMES[Math.floor(Math.random() * NAMES.length)]!, key);
      if (outcome) outcomes.set(key, outcome);
    }
  };
  const working = Promise.all(Array.from({ length: count }, client));
  return {
    outcomes: outcomes as ReadonlyMap<string, Payload>,
    /** Stops the clients. Resolves when each has the outcome of its last key, or has stopped waiting for it. */
    async stop(): Promise<void> {
      state.giveUpAt = performance.now() + LAST_OUTCOMES_MS;
      await working;
    },
    /** Measures the milliseconds until a client gets a ticket; Infinity when none does in time. */
    async untilTicket(withinMs: number): Promise<number> {
      const [since, before] = [performance.now(), state.opened];
      while (state.opened === before) {
        if (performance.now() > since + withinMs) return Infinity;
        await sleep(10);
      }
      return Math.round(performance.now() - since);
    },
  };
}

export function keyIn({ body }: Received): string | undefined {
  return /key-of-a-client-\d+/.exec(body)?.[0];
}
