/** Two replicas on one ledger in front of one vendor. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { faultyDatabase } from "../../support/faulty-database.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import type { Postgres } from "../../support/postgres.ts";
import type { ReplicaEvent } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { startFleet } from "../../support/fleet.ts";
import { type Fault, type Log, markerIn } from "./record.ts";

export interface Place {
  engine: Engine;
  /** PostgreSQL without a database name. SQLite needs none. */
  server: string;
  /** The same PostgreSQL, where it may be restarted. */
  postgres?: Postgres;
  isPooled?: boolean;
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

export const REPLICAS = [0, 1] as const;
/** Longest call of the vendor, and a lease that is longer, so that doubts of killed processes appear soon. Milliseconds. */
export const TIMEOUT_MS = 1500;
export const LEASE_MS = 3500;
/** A tick that is later than this shows a stall. Stalls that follow each other this closely are one. Milliseconds. */
const STALL_MS = 100;

export async function openScene(
  { engine, server, postgres, isPooled: pooled = false }: Place,
  faults: readonly Fault[],
) {
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(await openSandbox({ keep: 10_000_000 }));
  const port = Number(new URL(sandbox.url).port);
  const vendor = opening.use(await FaultyNetwork.to({ port }));
  const endings = opening.use(endingsAt(port));
  const stalls = opening.use(stallsOfThisProcess());
  const making = engine === "SQLite" ? null : faultyDatabase(server, { ways: REPLICAS.length, pooled });
  const database = making && opening.use(await making);
  const setDatabaseAhead = database && faults.includes("ledgerClock") ? await databaseClock(database.directUrl) : null;
  /** Settings of a further replica, whose way to the ledger has no faults. */
  const settings = {
    vendorUrl: faults.includes("outage") ? `http://127.0.0.1:${vendor.port}` : sandbox.url,
    ledgerUrl: database?.directUrl ?? opening.use(await placeFor(engine)).url,
    // Calls at once are never too many, so that the vendor alone decides.
    config: { leaseMs: LEASE_MS, SOCIOMILE_TIMEOUT_MS: TIMEOUT_MS, SOCIOMILE_MAX_CONCURRENT: 200 },
    ...(faults.some((fault) => fault === "clock" || fault === "ledgerClock") && { clockAheadMs: 0 }),
  };
  const orphaned = new Set<string>();
  const onEvent = ({ event, submissionId }: ReplicaEvent) => {
    if (event === "submission.owner_died") orphaned.add(String(submissionId));
  };
  const ledgerUrls = REPLICAS.map((nth) => database?.ways[nth]?.url ?? settings.ledgerUrl);
  const fleet = opening.use(await startFleet(settings, ledgerUrls, onEvent));
  const { announced } = fleet;
  const lists = { happened: [], requests: new Map(), tickets: new Map(), over: new Set<string>() };
  const log: Log = { engine, faults, announced, orphaned, ...lists, quietAt: Infinity };
  const arrivals = () =>
    sandbox.received.map(({ at, body, executed, mood }, nth) => {
      const sentFrom = stalls.find(({ from, to }) => from < at && to > at - STALL_MS)?.from ?? at;
      // The service gives a request up after its longest time, even when the vendor does not notice that.
      const to = Math.min(endings.times[nth] ?? Infinity, sentFrom + TIMEOUT_MS);
      return { marker: markerIn(body), sentFrom, from: at, to, executed, mood };
    });
  const scene = {
    log,
    sandbox,
    vendor,
    fleet,
    settings,
    onEvent,
    database,
    setDatabaseAhead,
    postgres,
    arrivals,
  };
  return Object.assign(opening.move(), scene);
}

/** Notes when each request to the server on `port` ends, in the order of arrival. The sandbox's log has only their beginnings. */
function endingsAt(port: number): Disposable & { times: number[] } {
  const times: number[] = [];
  const noteEnding = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== port) return;
    const nth = times.push(Infinity) - 1;
    response.once("close", () => (times[nth] = Date.now()));
  };
  subscribe("http.server.request.start", noteEnding);
  return { times, [Symbol.dispose]: () => void unsubscribe("http.server.request.start", noteEnding) };
}

/** Notes when this process does nothing for a while, because the machine is busy. */
function stallsOfThisProcess(): Disposable & { from: number; to: number }[] {
  const stalls: { from: number; to: number }[] = [];
  let before = Date.now();
  const ticking = setInterval(() => {
    const [now, last] = [Date.now(), stalls.at(-1)];
    if (now - before > STALL_MS)
      if (last && last.to > before - STALL_MS) last.to = now;
      else stalls.push({ from: before, to: now });
    before = now;
  }, STALL_MS / 5);
  return Object.assign(stalls, { [Symbol.dispose]: () => clearInterval(ticking) });
}

/**
 * Lets a test set the clock of a database of PostgreSQL, and returns the function that sets it ahead by milliseconds. Sessions that begin from now on
 * find this `clock_timestamp()` before that of PostgreSQL, which itself goes on with the machine's time.
 */
async function databaseClock(url: string) {
  const run = async (...statements: string[]) => {
    await using sql = await sqlOn({ url }); // a new connection: PostgreSQL may have been restarted
    for (const statement of statements) await sql.run(statement);
  };
  await run(
    "CREATE TABLE test_clock (ahead_ms bigint NOT NULL)",
    "INSERT INTO test_clock VALUES (0)",
    `CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      'SELECT pg_catalog.clock_timestamp() + (SELECT ahead_ms FROM public.test_clock) * interval ''1 millisecond'''`,
    `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET search_path = public, pg_catalog`,
  );
  return (ms: number) => run(`UPDATE test_clock SET ahead_ms = ${Math.round(ms)}`);
}
