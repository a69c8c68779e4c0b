/** Context of the functions of a ledger, and their transactions. */
import type { Kysely } from "kysely";
import type { Limiter } from "../limiter.ts";
import { LedgerUnavailable } from "../tickets/ports.ts";
import type { Observe } from "../telemetry/events.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerClock } from "./clock.ts";
import type { Engine, WriteRow } from "./database/engine.ts";
import type { Tables } from "./database/tables.ts";
import { LEDGER_WAIT_MS } from "./database/unusable.ts";

export interface LedgerContext {
  db: Kysely<Tables>;
  engine: Engine;
  /** Writers of rows, which the engine commits together. */
  writers: Readonly<Record<"insert" | "runAgain" | "settleCreate" | "settleUpdate", WriteRow>>;
  /** Admits a request of a client to the queue. False: the queue is full, or the client has its share. */
  entersQueue: (clientId: string) => Promise<boolean>;
  cipher: LedgerCipher;
  clock: LedgerClock;
  observe: Observe;
  /** Duration of a lease, in milliseconds: longer than any call to the vendor. */
  leaseMs: number;
  queue: {
    /** Most requests in the queue. 0: none is queued. */
    max: number;
    /** Time after which a queued request expires, in milliseconds. */
    deliverWithinMs: number;
  };
  /** Transactions about single rows. They leave connections to statements about many rows, and to reads. */
  transactions: Limiter;
}

const TRIES = 3;

/**
 * Runs `work` in a transaction, and reports its events after the commit. Repeats it a little when a unique index refuses it: it
 * then finds what another call has written. Rejects after a second's wait. `waitsAs`: these names share the connections fairly.
 */
export async function inTransaction<Result>(
  waitsAs: string,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + LEDGER_WAIT_MS; // then its caller has gone
  for (let tries = 1; ; tries++) {
    const leftMs = until - performance.now();
    const turn = leftMs < 0 ? "late" : await context.transactions.acquire(waitsAs, leftMs);
    if (typeof turn === "string") throw new LedgerUnavailable("SLOW", "Too many transactions wait.");
    using _ = turn;
    try {
      return await run(context, work);
    } catch (error) {
      if (!context.engine.isDuplicate(error) || tries === TRIES) throw error;
    }
  }
}

async function run<Result>(context: LedgerContext, work: (within: LedgerContext) => Promise<Result>) {
  const events: Parameters<LedgerContext["observe"]>[] = [];
  const observe = (...event: (typeof events)[number]) => void events.push(event);
  const result = await context.db.transaction().execute((db) => work({ ...context, db, observe }));
  for (const event of events) context.observe(...event);
  return result;
}
