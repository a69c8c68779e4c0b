/** Work on a ledger that is not open. Each throws LedgerRefused or LedgerUnavailable when it may not, or cannot, do its work. */
import type { Kysely } from "kysely";
import { type LedgerCipher, sealDataKey } from "../../src/ledger/cipher.ts";
import type { Engine } from "../../src/ledger/database/engine.ts";
import { PREPARE_WAIT_MS, formOf, migrate, migrationsAfter, refuseOld } from "../../src/ledger/database/migrate.ts";
import type { Tables } from "../../src/ledger/database/tables.ts";
import { LedgerRefused, OPERATOR_WAIT_MS } from "../../src/ledger/database/unusable.ts";
import {
  type LedgerAddress,
  cipherOf,
  connect,
  dataKeyOf,
  runOnEngine,
  tryAndRollBack,
} from "../../src/ledger/open.ts";
import type { Observe } from "../../src/telemetry/events.ts";

/** Tries to write, or to make a table, and rolls back. `isPrepared`: its form is ours. `isSealedByFirst`: null without one. */
export function checkLedger({ url, keys }: LedgerAddress) {
  return runOnEngine(url, async (engine) => {
    if (!engine.isThere()) return { isPrepared: false, isSealedByFirst: null };
    await using db = connect(engine, OPERATOR_WAIT_MS, "use");
    const form = await formOf(db, engine, "write");
    const isSealedByFirst = form.length > 0 ? (await dataKeyOf(db, keys)).isSealedByFirst : null;
    const isPrepared = migrationsAfter(form).length === 0;
    await tryAndRollBack(db, isPrepared);
    return { isPrepared, isSealedByFirst };
  });
}

/** Seals the data key with the first key, unless `isPlan`. False: that has sealed it already. */
export function rekeyLedger({ url, keys }: LedgerAddress, isPlan: boolean): Promise<boolean> {
  return runOnEngine(url, async (engine) => {
    await using db = connect(engine, OPERATOR_WAIT_MS, "use");
    refuseOld(await formOf(db, engine, "write"));
    const { dataKey, sealed, isSealedByFirst } = await dataKeyOf(db, keys);
    if (isSealedByFirst || isPlan) return !isSealedByFirst;
    const rekeying = db.updateTable("ledger_keys").set(sealDataKey(dataKey, keys[0]!));
    const { numUpdatedRows } = await rekeying.where("sealed", "=", sealed).executeTakeFirst();
    if (numUpdatedRows === 0n)
      throw new LedgerRefused("Another command has sealed the data key meanwhile. Look with `check`.");
    return true;
  });
}

/** Runs `work` on a ledger that it only reads. */
export function readLedger<Result>(
  { url, keys }: LedgerAddress,
  work: (db: Kysely<Tables>, cipher: LedgerCipher, engine: Engine) => Promise<Result>,
): Promise<Result> {
  return runOnEngine(url, async (engine) => {
    await using db = connect(engine, PREPARE_WAIT_MS, "read");
    refuseOld(await formOf(db, engine, "read"));
    return await work(db, await cipherOf(db, keys), engine);
  });
}

/** Lists the migrations that the ledger lacks. */
export function planLedger({ url }: LedgerAddress) {
  return runOnEngine(url, async (engine) => {
    await using db = connect(engine, OPERATOR_WAIT_MS, "read");
    return migrationsAfter(await formOf(db, engine, "read"));
  });
}

/** Makes the ledger, or brings it to the newest form, or to that of `last`. */
export function migrateLedger({ url, keys }: LedgerAddress, observe: Observe, last?: string): Promise<void> {
  return runOnEngine(url, (engine) => migrate(engine, keys[0]!, observe, last));
}
