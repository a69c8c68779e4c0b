import { setTimeout as sleep } from "node:timers/promises";
import type { FaultyDatabase, FaultyWay } from "../../support/faulty-database.ts";
import type { MessageFault } from "../../support/faulty-network.ts";
import { backendsOf, pause } from "../../support/pauses.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../../support/sql.ts";
import { between, lastingUpTo, oneOf } from "./chance.ts";

const STATEMENT_WITHIN_MS = 500;
/** Time that is a little longer than every wait for the ledger. Milliseconds. */
const PAUSE_MS = 1400;

const lasting = lastingUpTo(2500);

type Fault = (way: FaultyWay, directUrl: string) => Promise<void>;

/** Faults between the service and PostgreSQL. Each resolves when it is over. Open connections may stay broken. */
const FAULTS: Readonly<Record<string, Fault>> = {
  stall: ({ network }) => lasting((ms) => network.stall(ms)),
  "stalled requests": ({ network }) => lasting((ms) => network.stall(ms, ["requests"])),
  "stalled answers": ({ network }) => lasting((ms) => network.stall(ms, ["answers"])),
  "dead connections": ({ network }) => lasting(() => network.blackhole()),
  "dead network": async ({ network }) => {
    await lasting(() => network.blackhole({ swallowNew: true }));
    await network.recover();
  },
  reset: async ({ network }) => network.cut("RST"),
  end: async ({ network }) => network.cut("FIN"),
  refusal: async ({ network }) => {
    await lasting(() => {
      network.refuse();
      network.cut("RST");
    });
    await network.recover();
  },
  "lost statement": atStatement(() => "cutBefore"),
  "lost answer": atStatement(() => "loseAnswer"),
  "answer cut off": atStatement(() => "cutAfter"),
  "late statement": atStatement(() => ({ delayMs: between(500, 2000) })),
  "late answer": atStatement(() => ({ delayAnswerMs: between(500, 2000) })),
  "paused backend": (_, directUrl) => pauseBackend(directUrl),
};

/** Causes one fault at random, on one way or on all of them at once. Resolves when it is over. */
export async function randomFault({ ways, directUrl }: FaultyDatabase): Promise<void> {
  const fault = oneOf(Object.values(FAULTS))!;
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
