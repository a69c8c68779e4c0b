import type { Kysely } from "kysely";
import { newDataKey } from "../cipher.ts";
import type { Engine } from "./engine.ts";
import { schema } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** A change of the ledger's form. Some only expand it; a later one contracts it, when no replica of an older version is left. */
export interface Migration {
  /** Version of the service that brings it, and the oldest ones that may still write and read a ledger after it. */
  version: string;
  writableFrom: string;
  readableFrom: string;
  /**
   * Does slow work before `change`, beside callers, in short pieces, and yields the rows of each. It skips what is done:
   * after an interruption it begins anew, and another process may do the same at once.
   */
  prepare?: (db: Kysely<Tables>, engine: Engine) => AsyncIterable<number>;
  /** Changes the form in one transaction, which blocks callers: it reads no large table. `ledgerKey`: the first one. */
  change?: (db: Kysely<Tables>, engine: Engine, ledgerKey: Uint8Array) => Promise<void>;
}

/** Every form of the ledger by its name, in their order. One that has run anywhere is never changed: another one follows it. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001_in_few_words": {
    version: "1.0.0",
    writableFrom: "1.0.0",
    readableFrom: "1.0.0",
    async change(db, engine, ledgerKey) {
      for (const statement of schema(engine)) await statement.execute(db);
      await db.insertInto("ledger_keys").values(newDataKey(ledgerKey)).execute();
    },
  },
};
