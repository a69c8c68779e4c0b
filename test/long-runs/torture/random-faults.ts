/** Faults at random. Each resolves when it is over. Its effects on open connections may stay. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultyDatabase } from "../../support/faulty-database.ts";
import type { FaultyNetwork, MessageFault } from "../../support/faulty-network.ts";
import { backendsOf, pause } from "../../support/pauses.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../../support/sql.ts";
import { between, oneOf } from "./chance.ts";

type Fault = (network: FaultyNetwork) => unknown;

/** Longest wait for a message that is to fail: the vendor gets none while the breaker is open. Milliseconds. */
const MESSAGE_WITHIN_MS = 500;
/** Time that is a little longer than every wait for the ledger. Milliseconds. */
const PAUSE_MS = 1400;

const OF_VENDOR: readonly Fault[] = [
  ...networkFaults(1500),
  ({ weather }) => lasting(1500, () => (weather.trickleMs = between(1, 5))),
  ({ weather }) => lasting(1500, () => (weather.repeats = true)),
  (network) => {
    const fault = oneOf<MessageFault>(["cutBefore", "cutAfter", "loseAnswer", { delayAnswerMs: 1500 }]);
    return atMessage(network, /^POST/, fault);
  },
];

const OF_DATABASE: readonly ((network: FaultyNetwork, databaseUrl: string) => unknown)[] = [
  ...networkFaults(2500),
  atStatement(() => "cutBefore"),
  atStatement(() => "loseAnswer"),
  atStatement(() => "cutAfter"),
  atStatement(() => ({ delayMs: between(500, 2000) })),
  atStatement(() => ({ delayAnswerMs: between(500, 2000) })),
  (_, databaseUrl) => pauseBackend(databaseUrl),
];

export const vendorFault: Fault = (network) => oneOf(OF_VENDOR)!(network);

/** Causes a fault on one way to PostgreSQL, or on all of them at once. */
export async function databaseFault({ ways, directUrl }: FaultyDatabase): Promise<void> {
  const fault = oneOf(OF_DATABASE)!;
  const hit = oneOf([ways, ...ways.map((way) => [way])]);
  await Promise.all(hit.map(({ network }) => fault(network, directUrl)));
}

function networkFaults(mostMs: number): Fault[] {
  const directions = [["requests", "answers"], ["requests"], ["answers"]] as const;
  return [
    ...directions.map((each) => (network: FaultyNetwork) => lasting(mostMs, (ms) => network.stall(ms, each))),
    (network) => lasting(mostMs, () => network.blackhole()),
    async (network) => {
      await lasting(mostMs, () => network.blackhole({ swallowNew: true }));
      await network.recover();
    },
    (network) => network.cut("RST"),
    (network) => network.cut("FIN"),
    async (network) => {
      network.cut("RST");
      await lasting(mostMs, () => network.refuse());
      await network.recover();
    },
  ];
}

/** Begins a fault of 100 ms to `mostMs`, and waits as long. */
async function lasting(mostMs: number, fault: (ms: number) => void): Promise<void> {
  const ms = between(100, mostMs);
  fault(ms);
  await sleep(ms);
}

async function atMessage(network: FaultyNetwork, pattern: RegExp, fault: MessageFault): Promise<void> {
  await Promise.race([network.next(pattern, fault), sleep(MESSAGE_WITHIN_MS)]);
}

function atStatement(faultOf: () => MessageFault): Fault {
  return async (network) => {
    const fault = faultOf();
    const statements = [/^begin/i, /^commit/i, /^insert into "?submissions/i, RECORDS_OUTCOMES, /./];
    await atMessage(network, oneOf(statements)!, fault);
    if (typeof fault === "object") await sleep(PAUSE_MS);
  };
}

/** Stops one busy process of PostgreSQL that serves the database at `url`, for PAUSE_MS. */
async function pauseBackend(url: string): Promise<void> {
  await using sql = await sqlOn({ url });
  const pid = oneOf((await backendsOf(sql)).slice(0, 3));
  if (pid !== undefined) await pause([pid], PAUSE_MS);
}
