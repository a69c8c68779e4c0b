import { existsSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { queueLimits } from "../ledger/context.ts";
import { LEDGER_KEY_BYTES, MADE_LEDGER_KEY, keyIn } from "../ledger/cipher.ts";
import { type LedgerReport, checkLedger, inspectLedger } from "../ledger/inspect.ts";
import { openExistingLedger } from "../ledger/open.ts";
import { logTo } from "../telemetry/log.ts";
import type { Ledger } from "../tickets/ports.ts";

/** Ledger of a configuration, as commands use it. They make no file, no key and no table. */
export interface LedgerForOperators {
  /** Opens the ledger. Rejects with LedgerRefused or LedgerUnusable, as the others do. */
  open: () => Promise<Ledger & AsyncDisposable>;
  /** True when a service finds its tables in the ledger, false when its start makes them. */
  check: () => Promise<boolean>;
  /** Reads the whole ledger. */
  inspect: () => Promise<LedgerReport>;
}

/** Stands for a key that development has not made yet. */
const OPENS_NOTHING = new Uint8Array(LEDGER_KEY_BYTES);

/** Composes the ledger alone, because app.ts would load the whole service for each command. Events go to standard error. */
export function ledgerForOperators({ ledger, logLevel }: Config): LedgerForOperators {
  const { url, leaseMs, repeatedTicketIds } = ledger;
  const keys = ledger.keys ?? [existsSync(MADE_LEDGER_KEY) ? keyIn(MADE_LEDGER_KEY) : OPENS_NOTHING];
  const observe = logTo(process.stderr, logLevel);
  return {
    open: () =>
      openExistingLedger({ url, keys }, { leaseMs, repeatedTicketIds, queue: queueLimits(ledger) }, observe),
    check: () => checkLedger({ url, keys }),
    inspect: () => inspectLedger({ url, keys }),
  };
}
