/** Faults of the database at random. Each resolves when it is over. Its effects on open connections may stay. */
import { setTimeout as sleep } from "node:timers/promises";
import { between, oneOf } from "../../support/chance.ts";
import type { FaultyDatabase } from "../../support/faulty-database.ts";
import type { FaultyNetwork, MessageFault } from "../../support/faulty-network.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../../support/sql.ts";

type Fault = (network: FaultyNetwork) => unknown;

/** Longest wait for a statement that is to fail. Milliseconds. */
const STATEMENT_WITHIN_MS = 500;
/** Time that is a little longer than every wait for the ledger. Milliseconds. */
const PAUSE_MS = 1400;

const OF_DATABASE: readonly ((network: FaultyNetwork, databaseUrl: string) => unknown)[] = [
  ...networkFaults(),
  atStatement(() => "cutBefore"),
  atStatement(() => "loseAnswer"),
  atStatement(() => "cutAfter"),
  atStatement(() => ({ delayMs: between(500, 2000) })),
  atStatement(() => ({ delayAnswerMs: between(500, 2000) })),
  (_, databaseUrl) => pauseBackend(databaseUrl),
];

/** Causes a fault on one way to PostgreSQL, or on all of them at once. */
export async function databaseFault({ ways, directUrl }: FaultyDatabase): Promise<void> {
  const fault = oneOf(OF_DATABASE)!;
  const hit = oneOf([ways, ...ways.map((way) => [way])]);
  await Promise.all(hit.map(({ network }) => fault(network, directUrl)));
}

function networkFaults(): Fault[] {
  const directions = [["requests", "answers"], ["requests"], ["answers"]] as const;
  return [
    ...directions.map((each) => (network: FaultyNetwork) => lasting((ms) => network.stall(ms, each))),
    (network) => lasting(() => network.blackhole()),
    async (network) => {
      await lasting(() => network.blackhole({ swallowNew: true }));
      await network.recover();
    },
    (network) => network.cut("RST"),
    (network) => network.cut("FIN"),
    async (network) => {
      network.cut("RST");
      await lasting(() => network.refuse());
      await network.recover();
    },
  ];
}

/** Begins a fault of 0.1 to 2.5 s, and waits as long. */
async function lasting(fault: (ms: number) => void): Promise<void> {
  const ms = between(100, 2500);
  fault(ms);
  await sleep(ms);
}

function atStatement(faultOf: () => MessageFault): Fault {
  return async (network) => {
    const fault = faultOf();
    const statements = [/^begin/i, /^commit/i, /^insert into "?submissions/i, RECORDS_OUTCOMES, /./];
    await Promise.race([network.next(oneOf(statements)!, fault), sleep(STATEMENT_WITHIN_MS)]);
    if (typeof fault === "object") await sleep(PAUSE_MS);
  };
}

/** Stops one of the three server processes that were busy last at the database at `url`, for PAUSE_MS. */
async function pauseBackend(url: string): Promise<void> {
  await using sql = await sqlOn({ url });
  const busy = await sql.run(`SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY state_change DESC LIMIT 3`);
  const row = oneOf(busy);
  if (row) await pause(Number(row["pid"]), PAUSE_MS);
}

/** Stops a process for `ms` milliseconds, as an overloaded machine does. */
export async function pause(pid: number, ms: number): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // The process has ended meanwhile.
    }
  };
  signal("SIGSTOP");
  await sleep(ms);
  signal("SIGCONT");
}
