import type { Kysely } from "kysely";
import type { Observe } from "../telemetry/events.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerClock } from "./clock.ts";
import type { Tables } from "./tables.ts";

/** Everything that the statements of one ledger share. */
export interface LedgerContext {
  db: Kysely<Tables>;
  /** As in Engine. */
  repeatsStatements: boolean;
  cipher: LedgerCipher;
  clock: LedgerClock;
  observe: Observe;
  /** Duration of a lease, in milliseconds: longer than any call to the vendor takes. */
  leaseMs: number;
  /** Treatment of a create that Sociomile answers with the ticket id of another submission: a doubt, or accepted with a warning. */
  repeatedTicketIds: "doubt" | "accept";
}
