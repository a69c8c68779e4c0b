import type { Kysely } from "kysely";
import type { Limiter } from "../limiter.ts";
import type { Observe } from "../telemetry/events.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerClock } from "./clock.ts";
import type { Engine, WriteRow } from "./database/engine.ts";
import type { Tables } from "./database/tables.ts";

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
