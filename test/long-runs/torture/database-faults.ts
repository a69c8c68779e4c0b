import { setTimeout as sleep } from "node:timers/promises";
import type { FaultyDatabase, FaultyWay } from "../../support/faulty-database.ts";
import type { MessageFault } from "../../support/faulty-network.ts";
import { backendsOf, pause } from "../../support/pauses.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../../support/sql.ts";
import { between, networkFaults, oneOf } from "./chance.ts";

const STATEMENT_WITHIN_MS = 500;
/** Time that is a little longer than every wait for the ledger. Milliseconds. */
const PAUSE_MS = 1400;

type Fault = (way: FaultyWay, directUrl: string) => Promise<void>;

/** Faults between the service and PostgreSQL. Each resolves when it is over. Open connections may stay broken. */
const FAULTS: readonly Fault[] = [
  ...networkFaults(2500).map(
    (fault): Fault =>
      (way) =>
        fault(way.network),
  ),
  atStatement(() => "cutBefore"),
  atStatement(() => "loseAnswer"),
  atStatement(() => "cutAfter"),
  atStatement(() => ({ delayMs: between(500, 2000) })),
  atStatement(() => ({ delayAnswerMs: between(500, 2000) })),
  (_, directUrl) => pauseBackend(directUrl),
];

/** Causes one fault at random, on one way or on all of them at once. Resolves when it is over. */
export async function randomFault({ ways, directUrl }: FaultyDatabase): Promise<void> {
  const fault = oneOf(FAULTS)!;
  const hit = oneOf([ways, ...ways.map((way) => [way])]);
  await Promise.all(hit.map((way) => fault(way, directUrl)));
}

/** Stops one busy process of PostgreSQL that serves the database at `url`, for PAUSE_MS. */
async function pauseBackend(url: string): Promise<void> {
  await using sql = await sqlOn({ url });
  const pid = oneOf((await backendsOf(sql)).slice(0, 3));
  if (pid !== undefined) await pause([pid], PAUSE_MS);
}

function atStatement(faultOf: () => MessageFault): Fault {
  return async ({ network }) => {
    const fault = faultOf();
    const statements = [/^begin/i, /^commit/i, /^insert into "?submissions/i, RECORDS_OUTCOMES, /./];
    const met = network.next(oneOf(statements)!, fault);
    await Promise.race([met, sleep(STATEMENT_WITHIN_MS)]);
    if (typeof fault === "object") await sleep(PAUSE_MS);
  };
}
