import { setTimeout as sleep } from "node:timers/promises";
import { accountOf, confirmedWithoutRow, doubtsOf, statesById, untilSettled } from "../../support/accounts.ts";
import { startClients } from "../../support/keyed-clients.ts";
import { placeFor } from "../../support/ledgers.ts";
import type { Postgres } from "../../support/postgres.ts";
import { startReplica } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { PRODUCTION } from "./production.ts";
import type { Amounts, Tell } from "../watched.ts";

/** `postgres`: only this run uses it, because the run restarts it. */
type Plan = { postgres: Postgres } & Amounts<"restarts" | "clients" | "upMs" | "downMs">;

/** Allowance for calls whose record was committed just before the database stopped. */
const ON_THEIR_WAY_MS = 500;

/** Stops the database under load and starts it again. Every second stop, from the first, is like a loss of power. */
export async function databaseRestarts({ postgres, restarts, ...plan }: Plan, tell: Tell) {
  await using place = await placeFor("PostgreSQL", postgres.url);
  await using sandbox = await openSandbox({ keep: 10_000_000 });
  sandbox.setMood("well", { delayMs: 20 });
  const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config: PRODUCTION };
  await using replica = await startReplica(settings);
  let [refused, callsWhileDown, slowestRecoveryMs] = [0, 0, 0];
  const clients = startClients({
    clients: plan.clients,
    pauseMs: 50,
    post: (body) => replica.post(body),
    tried(payload) {
      if (payload?.problems[0]?.code === "LEDGER_UNAVAILABLE") refused++;
    },
  });
  for (let restart = 1; restart <= restarts; restart++) {
    await sleep(plan.upMs);
    await postgres.halt(restart % 2 === 1 ? "crash" : "stop");
    const down = Date.now();
    await sleep(plan.downMs);
    callsWhileDown += sandbox.received.filter(({ at }) => at > down + ON_THEIR_WAY_MS).length;
    await postgres.resume();
    slowestRecoveryMs = Math.max(slowestRecoveryMs, await clients.untilTicket(30_000));
    tell(`${restart} restarts, ${clients.outcomes.size} keys, ${refused} refused`, restart / restarts);
  }
  await clients.stop();
  await using sql = await sqlOn(place);
  await untilSettled(sql, 20_000); // the ledger takes outcomes that it refused at first
  return {
    ...accountOf(sandbox.received, clients.outcomes, await doubtsOf(replica)),
    restarts,
    refused, // tries with the answer LEDGER_UNAVAILABLE
    callsWhileDown, // to the vendor; must be 0
    confirmedWithoutRow: confirmedWithoutRow(clients.outcomes, await statesById(sql), new Set()), // must be 0
    slowestRecoveryMs, // from the return of the database to a ticket
    ended: replica.hasEnded(), // must be false
  };
}
