/** Many updates of few tickets, while processes of PostgreSQL are stopped in the middle of their statements. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../../sandbox/server.ts";
import { TicketDocument } from "../../generated/graphql.ts";
import { type LedgerPlace, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { pause } from "../../support/pauses.ts";
import { startReplica } from "../../support/replicas.ts";
import { type Row, type Sql, sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { forEachOf } from "../loops.ts";
import { codeOf } from "../model/record.ts";
import type { Amounts, Tell } from "../watched.ts";
import { between, oneOf } from "./chance.ts";

const [REPLICAS, TICKETS, CLIENTS, STOPPED_AT_ONCE] = [3, 6, 36, 3];
const STATUSES = ["OPEN", "IN_PROGRESS", "PENDING", "CLOSE"] as const;
const LEASE_MS = 3000;
/** Stops of a process: most are short, some outlast a statement's time, and few a lease. Milliseconds. */
const STOPS_MS = [5, 10, 20, 40, 80, 160, 320] as const;
const LONG_STOPS_MS = [1000, 2000, LEASE_MS + 1500] as const;
const LONG_SHARE = 0.02;

/** Updates tickets by several processes until so many updates are accepted. The vendor answers at once. */
export async function order(
  { server, updates, seconds }: { server: string } & Amounts<"updates" | "seconds">,
  tell: Tell,
) {
  await using place = await placeFor("PostgreSQL", server);
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await openSandbox({ keep: 10_000_000 }));
  const config = { leaseMs: LEASE_MS, SOCIOMILE_MAX_CONCURRENT: 200 };
  const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config };
  const starting = Array.from({ length: REPLICAS }, async () => opened.use(await startReplica(settings)));
  const replicas = await Promise.all(starting);
  const creating = Array.from({ length: TICKETS }, (_, nth) =>
    mutate(replicas[0]!, "createVoiceTicket", { sourceTicketId: String(nth) }),
  );
  const tickets = (await Promise.all(creating)).map(({ payload }) => payload!.ticket!.id);
  const sql = opened.use(await sqlOn(place));
  const over = new AbortController();
  const stopping = stopBackends(place, over.signal);
  const giveUpAt = performance.now() + seconds * 1000;
  let [asked, done] = [0, 0];
  const client = async () => {
    while (done < updates && performance.now() < giveUpAt) {
      const update = { ticketId: oneOf(tickets), bsgTicketId: `update-${asked++}`, status: oneOf(STATUSES) };
      const { payload } = await mutate(oneOf(replicas)!, "updateTicketStatus", update);
      if (payload?.ticket) tell(`${++done} accepted`, done / updates);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  over.abort();
  const stops = await stopping;
  await sleep(2 * LEASE_MS); // late outcomes are recorded
  let wrongStatuses = 0; // tickets that show another status than the vendor, and no doubt; must be 0
  await forEachOf(sandbox.tickets, async ({ id, status }) => {
    const { ticket } = (await replicas[0]!.execute(TicketDocument, { id })).data;
    if (ticket?.statusInDoubt === null && ticket.status !== codeOf(status)) wrongStatuses++;
  });
  return { asked, stops, ...(await ordersIn(sql, sandbox)), wrongStatuses };
}

/** Stops processes that are in the middle of a statement, several at once, above all those that wait for another one's end. Returns the number of stops. */
async function stopBackends(place: LedgerPlace, signal: AbortSignal): Promise<number> {
  const stopped = new Set<number>();
  let stops = 0;
  const stopping = async () => {
    await using sql = await sqlOn(place);
    while (!signal.aborted) {
      const busy = await sql.run(`SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
        ORDER BY coalesce(wait_event_type, '') = 'Lock' DESC, random()`);
      const pid = busy.map((row) => Number(row["pid"])).find((each) => !stopped.has(each));
      if (pid !== undefined) {
        stopped.add(pid);
        stops++;
        await pause([pid], oneOf(Math.random() < LONG_SHARE ? LONG_STOPS_MS : STOPS_MS));
        stopped.delete(pid);
      }
      await sleep(between(0, 10));
    }
  };
  await Promise.all(Array.from({ length: STOPPED_AT_ONCE }, stopping));
  return stops;
}

/** Compares the order of accepted updates in the ledger with that of their executions. */
async function ordersIn(sql: Sql, sandbox: Sandbox) {
  const rows = await sql.run(
    "SELECT bsg_ticket_id, ticket_id, state, reason, nth FROM submissions WHERE requested_status IS NOT NULL",
  );
  const byMarker = new Map(rows.map((row) => [row["bsg_ticket_id"], row]));
  const executed = sandbox.received.flatMap(({ executed: isExecuted, body }) => {
    const row = byMarker.get(/update-\d+/.exec(body)?.[0] ?? "");
    return isExecuted && row ? [row] : [];
  });
  const accepted = executed.filter(({ state }) => state === "CONFIRMED");
  const ofTickets = Map.groupBy(accepted, (row) => row["ticket_id"]).values();
  const doubts = rows.filter(({ state }) => state === "UNCERTAIN");
  return {
    executed: executed.length,
    accepted: accepted.length,
    doubts: doubts.length,
    answeredLate: doubts.filter(({ reason }) => reason === "ANSWERED_LATE").length,
    inversions: [...ofTickets].flatMap((some) => some.filter(isInverted)).length, // of accepted updates; must be 0
  };
}

/** True for an update of a ticket whose `nth` is not higher than that of the one before it. */
function isInverted({ nth }: Row, at: number, some: readonly Row[]): boolean {
  return at > 0 && Number(nth) <= Number(some[at - 1]!["nth"]);
}
