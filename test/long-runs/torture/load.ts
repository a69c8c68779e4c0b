import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../../src/sandbox/server.ts";
import {
  type Account,
  accountOf,
  confirmedWithoutRow,
  doubtsIn,
  statesById,
} from "../../support/accounts.ts";
import { KeyedClients, type Load } from "../../support/keyed-clients.ts";
import { sqlOn } from "../../support/sql.ts";
import { varying } from "./chance.ts";
import type { Fleet } from "./fleet.ts";
import { startReaders } from "./readers.ts";

interface LoadOptions extends Partial<Load> {
  /** Longest time for the vendor's answer. It varies, so that faults meet reservations and settlements at every stage. Milliseconds. */
  vendorMs: number;
  readers?: number;
}

/** Starts clients and readers of a fleet. The readers stop, and the vendor's time varies no more, when they are disposed. */
export function startLoad(
  fleet: Fleet,
  sandbox: Sandbox,
  { vendorMs, readers = 6, ...load }: LoadOptions,
): Disposable & { clients: KeyedClients } {
  const varied = new DisposableStack();
  const post = (body: string) => fleet.post(body);
  varied.use(varying(sandbox, vendorMs));
  varied.use(startReaders(readers, post));
  const clients = new KeyedClients({ clients: 16, pauseMs: 50, tickets: 8, post, ...load });
  return { clients, [Symbol.dispose]: () => varied.dispose() };
}

/** Comparison that includes what the ledger holds afterwards. */
export interface LedgerAccount extends Account {
  /** Must be 0. */
  confirmedWithoutRow: number;
}

/** Kills all replicas, so that uncommitted work is lost, waits until what they were sending is a doubt, and makes the account. */
export async function accountAfterKill(
  fleet: Fleet,
  { outcomes }: KeyedClients,
  { received }: Sandbox,
  { url, leaseMs }: { url: string; leaseMs: number },
): Promise<LedgerAccount> {
  await Promise.all(fleet.replicas.map((replica) => replica.kill()));
  await sleep(leaseMs);
  const doubts = await doubtsIn(url);
  await using sql = await sqlOn({ url });
  const states = await statesById(sql);
  // A doubt that a late answer has closed needs no operator.
  const closed = [...states].flatMap(([id, state]) => (["SENDING", "UNCERTAIN"].includes(state) ? [] : id));
  return {
    ...accountOf(received, outcomes, new Set([...doubts, ...closed])),
    doubts: doubts.size,
    confirmedWithoutRow: confirmedWithoutRow(outcomes, states, fleet.announced),
  };
}
