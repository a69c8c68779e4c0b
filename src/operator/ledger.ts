import { existsSync } from "node:fs";
import { type Config, ledgerSettingsOf } from "../config/config.ts";
import { LEDGER_KEY_BYTES } from "../config/setting-types.ts";
import { MADE_LEDGER_KEY, keyIn } from "../config/made-key.ts";
import { inspectLedger, missingKeysOf } from "./inspect.ts";
import { checkLedger, migrateLedger, openLedger, planLedger } from "../ledger/open.ts";
import { type Details, answersIn, recordsOf } from "../ledger/sealed.ts";
import { logTo } from "../telemetry/log.ts";
import { type Page, copyIn, copyOut } from "./copies/rows.ts";

/** Ledger of a configuration, as commands use it. They make no key, and only `migrate` and `copyIn` make a file and tables. */
export type LedgerForOperators = ReturnType<typeof ledgerForOperators>;

/** Stands for a key that development has not made yet. */
const OPENS_NOTHING = new Uint8Array(LEDGER_KEY_BYTES);

/** Composes the ledger alone: app.ts would load the whole service, which takes several times as much CPU as a command. Events go to standard error. */
export function ledgerForOperators(config: Config) {
  const keys = config.LEDGER_KEY ?? [existsSync(MADE_LEDGER_KEY) ? keyIn(MADE_LEDGER_KEY) : OPENS_NOTHING];
  const address = { url: config.DATABASE_URL, keys };
  const settings = { ...ledgerSettingsOf(config), retention: null }; // the services delete what is old
  const observe = logTo(process.stderr, config.LOG_LEVEL);
  return {
    open: () => openLedger(address, settings, observe),
    plan: () => planLedger(address),
    migrate: () => migrateLedger(address, observe),
    copyOut: <Result>(work: Parameters<typeof copyOut<Result>>[1]) => copyOut(address, work),
    copyIn: (form: string, pages: AsyncIterable<Page>) => copyIn(address, form, pages, observe),
    /** Tries to use the ledger. Lists the keys that are not here and lock something. Null: it lacks migrations. */
    check: async () => ((await checkLedger(address)) ? missingKeysOf(address) : null),
    inspect: () => inspectLedger(address),
    /** Groups Sociomile's words in answers that were refused or not understood. */
    answers: () => answersIn(address),
    /** Searches the whole ledger for the records of one customer. `onRead` gets the number of texts read, and the time in the last id (epoch, ms). */
    recordsOf: (isTheirs: (details: Details) => boolean, onRead: Parameters<typeof recordsOf>[2]) =>
      recordsOf(address, isTheirs, onRead),
  };
}
