import { print } from "graphql";
import { setTimeout as sleep } from "node:timers/promises";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { accountOf, confirmedWithoutRow, doubtsIn, statesById } from "./accounts.ts";
import { type Load, startClients } from "./keyed-clients.ts";
import { sqlOn } from "./sql.ts";
import { openSandbox } from "./vendor.ts";
import { between } from "./chance.ts";
import { startFleet } from "./fleet.ts";

interface LoadOptions extends Partial<Load> {
  /** Longest time for the vendor's answer. It varies, so that faults meet reservations and settlements at every stage. Milliseconds. */
  vendorMs: number;
  readers?: number;
  /** Lease that is short, so that doubts of killed processes appear soon, but longer than every call here. Milliseconds. */
  leaseMs?: number;
  app?: string;
}

/** Starts one replica on each of these ledgers in front of a vendor, with clients and readers who call them. */
export async function startLoaded(ledgerUrls: readonly string[], options: LoadOptions) {
  const { vendorMs, readers = 6, leaseMs = 5000, app, ...load } = options;
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(await openSandbox({ keep: 10_000_000 }));
  const place = { vendorUrl: sandbox.url, config: { leaseMs }, app };
  const fleet = opening.use(await startFleet(place, ledgerUrls));
  const { post } = fleet;
  const vary = () => sandbox.setMood("well", { delayMs: Math.round(between(0, vendorMs)) });
  const varying = setInterval(vary, 1);
  opening.defer(() => clearInterval(varying));
  opening.use(startReaders(readers, post));
  const clients = startClients({ clients: 16, pauseMs: 50, tickets: 8, post, ...load });
  return Object.assign(opening.move(), {
    fleet,
    clients,
    /**
     * Stops the clients, kills all replicas, so that uncommitted work is lost, and compares the answers with the vendor and the ledger.
     * `isLate`: answers may be late and close doubts, which then need no operator.
     */
    async account(url: string, isLate = true) {
      await clients.stop();
      await Promise.all(fleet.serving().map((replica) => replica.kill()));
      await sleep(leaseMs); // then what they were sending is a doubt
      const doubts = await doubtsIn(url, app);
      await using sql = await sqlOn({ url });
      const states = await statesById(sql);
      const isClosed = (state: string) => isLate && !["SENDING", "UNCERTAIN"].includes(state);
      const closed = [...states].flatMap(([id, state]) => (isClosed(state) ? id : []));
      return {
        ...accountOf(sandbox.received, clients.outcomes, new Set([...doubts, ...closed])),
        doubts: doubts.size,
        confirmedWithoutRow: confirmedWithoutRow(clients.outcomes, states, fleet.announced),
      };
    },
  });
}

/** Starts readers of tickets that keep all connections of the ledger in use. They stop when disposed. */
export function startReaders(count: number, post: (body: string) => Promise<unknown>): Disposable {
  const body = JSON.stringify({ query: print(TicketDocument), variables: { id: "a-ticket" } });
  const over = new AbortController();
  const read = async () => {
    while (!over.signal.aborted) {
      await post(body).catch(() => undefined);
      await sleep(between(0, 20));
    }
  };
  for (let reader = 0; reader < count; reader++) void read();
  return { [Symbol.dispose]: () => over.abort() };
}
