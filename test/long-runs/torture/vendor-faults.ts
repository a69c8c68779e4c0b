import { setTimeout as sleep } from "node:timers/promises";
import { type Sandbox, startSandbox } from "../../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { FaultyNetwork, type MessageFault } from "../../support/faulty-network.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import type { Payload } from "../../support/mutations.ts";
import { between, lastingUpTo, oneOf } from "./chance.ts";
import { Fleet } from "./fleet.ts";
import { type LedgerAccount, accountAfterKill, startLoad } from "./load.ts";

/** Results of requests while the network to the vendor failed again and again. */
export interface VendorFaultsReport extends LedgerAccount {
  faults: number;
  /** Clients that were told a ticket of another key. Must be 0. */
  foreignTickets: number;
}

export interface VendorFaultsPlan {
  engine: Engine;
  /** PostgreSQL, without a database name. */
  server?: string;
  faults: number;
  /** Time after which no fault begins, in seconds. */
  seconds: number;
}

const VENDOR_MS = 50;
const LEASE_MS = 5000;
/** Longest wait for a request that is to fail. There is none while the breaker is open. Milliseconds. */
const REQUEST_WITHIN_MS = 500;

const lasting = lastingUpTo(1500);

type Fault = (network: FaultyNetwork) => Promise<void>;

/** Faults between us and the vendor. Each resolves when it is over. Its effects on open connections may stay. */
const FAULTS: readonly Fault[] = [
  async (network) => network.cut("RST"),
  async (network) => network.cut("FIN"),
  (network) => lasting((ms) => network.stall(ms)),
  (network) => lasting((ms) => network.stall(ms, ["answers"])),
  (network) => lasting(() => network.blackhole()),
  (network) => lasting(() => network.blackhole({ swallowNew: true })),
  (network) => lasting(() => network.refuse()),
  (network) => lasting(() => network.trickle(between(1, 5))),
  (network) => lasting(() => network.repeatAnswers()),
  async (network) => {
    const fault = oneOf<MessageFault>(["cutBefore", "cutAfter", "loseAnswer", { delayAnswerMs: 1500 }]);
    await Promise.race([network.next(/^POST/, fault), sleep(REQUEST_WITHIN_MS)]);
  },
];

/** Causes faults at random between two replicas and the vendor, while clients repeat with their keys. */
export async function vendorFaults(
  { engine, server, faults: count, seconds }: VendorFaultsPlan,
  progress: (done: number, line: string) => void,
): Promise<VendorFaultsReport> {
  await using place = await placeFor(engine, server);
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  await using network = await FaultyNetwork.to({ port: Number(new URL(sandbox.url).port) });
  const vendorUrl = `http://127.0.0.1:${network.port}`;
  const settings = { vendorUrl, ledgerUrl: place.url, config: { leaseMs: LEASE_MS } };
  await using fleet = await Fleet.start([settings, settings]);
  using load = startLoad(fleet, sandbox, { vendorMs: VENDOR_MS, readers: 0 });
  const { clients } = load;

  const endAt = performance.now() + seconds * 1000;
  let done = 0;
  while (done < count && performance.now() < endAt) {
    await oneOf(FAULTS)!(network);
    await network.recover();
    await sleep(between(0, 300));
    progress(++done, `${clients.outcomes.size} keys`);
  }
  await clients.stop();
  return {
    ...(await accountAfterKill(fleet, clients, sandbox, { url: place.url, leaseMs: LEASE_MS })),
    foreignTickets: foreignTickets(clients.outcomes, sandbox),
    faults: done,
  };
}

function foreignTickets(outcomes: ReadonlyMap<string, Payload>, { tickets }: Sandbox): number {
  const madeFor = new Map(tickets.map(({ id, request }) => [id, request["content"]]));
  return [...outcomes].filter(
    ([key, { ticket }]) => ticket !== null && madeFor.has(ticket.id) && madeFor.get(ticket.id) !== key,
  ).length;
}
