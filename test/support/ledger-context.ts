import { Kysely } from "kysely";
import { LedgerClock } from "../../src/ledger/clock.ts";
import { createWriters } from "../../src/ledger/submissions/changes.ts";
import type { LedgerContext } from "../../src/ledger/context.ts";
import { TRANSACTIONS_AT_ONCE, cipherOf, engineAt } from "../../src/ledger/open.ts";
import type { Tables } from "../../src/ledger/database/tables.ts";
import { Limiter } from "../../src/limiter.ts";
import { LEDGER_KEY, type LedgerPlace } from "./ledgers.ts";

/** Opens what the statements of a ledger share, for tests that run a part of the ledger alone. */
export async function contextAt({ url }: Pick<LedgerPlace, "url">): Promise<LedgerContext & AsyncDisposable> {
  const engine = await engineAt(url);
  const db = new Kysely<Tables>({ dialect: engine.dialect(1000, "use") });
  return {
    db,
    engine,
    writers: createWriters(engine, db),
    entersQueue: () => Promise.resolve(true),
    cipher: await cipherOf(db, [LEDGER_KEY]),
    clock: new LedgerClock(engine.now),
    observe: () => {},
    transactions: new Limiter({ most: TRANSACTIONS_AT_ONCE }),
    leaseMs: 30_000,
    queue: { max: 10_000, deliverWithinMs: 1_000_000 },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}
