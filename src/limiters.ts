import type { Config } from "./config/config.ts";
import { TRANSACTIONS_AT_ONCE } from "./ledger/open.ts";
import { Limiter } from "./limiter.ts";

/** Bytes that requests hold, from which no further ones are admitted. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Share of the requests in flight that may wait for a call to Sociomile. The others are replays and reads, which need none. */
const WAITING_SHARE = 0.5;

/**
 * Everything that all requests of a replica share, each bounded by a Limiter. Refusals are counted by sociomile_refusals_total, those of calls by
 * sociomile_not_executed_total. Three bounds differ: the queue of later deliveries is counted by SQL, because replicas share it
 * (ledger/submissions/counts.ts); one ticket has one transaction at once, and one look for it (ledger/context.ts, tickets/submit.ts); and what one
 * request may ask for is its Budget (graphql/budget.ts).
 */
export const createLimiters = ({
  MAX_IN_FLIGHT,
  SOCIOMILE_MAX_CONCURRENT,
}: Pick<Config, "MAX_IN_FLIGHT" | "SOCIOMILE_MAX_CONCURRENT">) => ({
  /** Requests, those of unknown clients included, until their work has ended and their answers are read: sociomile_requests_in_flight. */
  requests: new Limiter({ most: MAX_IN_FLIGHT }),
  requestsOfClients: new Limiter({ most: MAX_IN_FLIGHT, ofOne: "share" }),
  /** Bytes of bodies while they arrive, documents that run, results that wait in their request, and answers that are not read. */
  bytes: new Limiter({ most: MAX_HELD_BYTES, ofOne: "share" }),
  /** Turns of the event loop for work of some milliseconds: documents and bodies that are parsed, and reads. */
  turns: new Limiter({ most: 1 }),
  /** Requests that hold tickets or submissions, from their first read until their answers. Each takes several times MAX_READ_BYTES. */
  readers: new Limiter({ most: 8, ofOne: 6 }),
  /** Lists that are read. Each may look through the whole ledger. */
  lists: new Limiter({ most: 2, ofOne: 1 }),
  /** Calls to Sociomile. */
  calls: new Limiter({ most: SOCIOMILE_MAX_CONCURRENT, waiting: Math.floor(MAX_IN_FLIGHT * WAITING_SHARE) }),
  /** Transactions about single rows. */
  transactions: new Limiter({ most: TRANSACTIONS_AT_ONCE }),
});

export type Limiters = ReturnType<typeof createLimiters>;
