import type { Config } from "./config/config.ts";
import { MAX_WEIGHT } from "./graphql/weight.ts";
import { TRANSACTIONS_AT_ONCE } from "./ledger/open.ts";
import { Limiter } from "./limiter.ts";

/** Operations of the greatest weight that run at once. */
const HEAVIEST_AT_ONCE = 4;
/** Share of the requests in flight that may wait for a call to Sociomile. The others are replays and reads, which need none. */
const WAITING_SHARE = 0.5;

// Not here: the queue (ledger/submissions/stored.ts), one transaction a ticket (ledger/context.ts), an operation's weight.
/** Everything that requests of a replica share, each bounded by a Limiter. */
export const createLimiters = ({
  MAX_IN_FLIGHT,
  SOCIOMILE_MAX_CONCURRENT,
}: Pick<Config, "MAX_IN_FLIGHT" | "SOCIOMILE_MAX_CONCURRENT">) => ({
  /** Requests until their answers are read: sociomile_requests_in_flight. Each is a client of its own before it is identified. */
  requests: new Limiter({ most: MAX_IN_FLIGHT, ofOne: "share" }),
  /** Weight of operations that run, and bytes of bodies, documents and unread answers. */
  weight: new Limiter({ most: HEAVIEST_AT_ONCE * MAX_WEIGHT, ofOne: "share" }),
  /** Calls to Sociomile. */
  calls: new Limiter({ most: SOCIOMILE_MAX_CONCURRENT, waiting: Math.floor(MAX_IN_FLIGHT * WAITING_SHARE) }),
  /** Transactions about single rows. */
  transactions: new Limiter({ most: TRANSACTIONS_AT_ONCE }),
});
