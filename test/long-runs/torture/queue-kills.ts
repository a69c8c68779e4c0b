/** 1,000 requests are handed in while the vendor is away, and replicas are killed before, during and after its return. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Received, type Sandbox } from "../../../src/sandbox/server.ts";
import { executionsBy } from "../../support/accounts.ts";
import { freePort } from "../../support/free-port.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Amounts, Tell } from "../watched.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { handingIn } from "./hand-ins.ts";

/** Requests that wait or are being delivered. A doubt about a delivery whose owner died keeps its content. */
const STORED =
  "SELECT count(*) AS stored FROM submissions WHERE request IS NOT NULL AND state <> 'UNCERTAIN'";
/** Lease that is short, so that doubts of killed processes appear soon, but longer than every call here. */
const LEASE_MS = 3000;
const DELIVERED_WITHIN_MS = 300_000;
/** Share of the kills that fall into the outage. The others follow the vendor's return. */
const KILLED_BEFORE = 0.3;
const KILL_EVERY_MS = 700;

type Plan = { ledgerUrl: string } & Amounts<"requests" | "kills" | "outageMs" | "vendorMs">;

export async function queueKills({ ledgerUrl, requests, kills, outageMs, vendorMs }: Plan, tell: Tell) {
  const port = await freePort();
  const settings = { vendorUrl: `http://127.0.0.1:${port}`, ledgerUrl, config: { leaseMs: LEASE_MS } };
  await using fleet = await startFleet([settings, settings]);
  await using sql = await sqlOn({ url: ledgerUrl });

  const handIns = handingIn(() => fleet);
  const killedBefore = Math.round(kills * KILLED_BEFORE);
  const spreading = handIns.spread(requests, outageMs);
  await Promise.all([spreading, killEvery(fleet, killedBefore, outageMs / (killedBefore + 1))]);
  tell(`${handIns.numbers.size} requests are handed in`, 1 / 2);

  await using vendor = await openSandbox({ port, keep: 1_000_000 });
  vendor.setMood("well", { delayMs: vendorMs });
  const back = performance.now();
  const delivering = untilEmpty(sql, vendor);
  await killEvery(fleet, kills - killedBefore, KILL_EVERY_MS);
  await fleet.whole();
  const { firstAt, lastAt } = await delivering;
  await sleep(LEASE_MS + 500);
  return {
    ...(await accountOfQueue(sql, handIns, vendor.received, tell)),
    kills,
    // from the vendor's return to the first and to the last delivery
    firstAfterMs: Math.round(firstAt - back),
    lastAfterMs: Math.round(lastAt - back),
  };
}

async function killEvery(fleet: Fleet, count: number, everyMs: number): Promise<void> {
  for (let killed = 0; killed < count;) {
    await sleep(everyMs * (0.5 + Math.random()));
    if (await fleet.killOne()) killed++;
  }
}

/** Waits until no request is stored. Returns the times of the first and of the last ticket. */
export async function untilEmpty(sql: Sql, vendor: Sandbox): Promise<{ firstAt: number; lastAt: number }> {
  const giveUpAt = performance.now() + DELIVERED_WITHIN_MS;
  let [firstAt, lastAt, seen] = [NaN, NaN, 0];
  for (;;) {
    const executed = vendor.tickets.length;
    if (executed > seen) {
      lastAt = performance.now();
      if (seen === 0) firstAt = lastAt;
      seen = executed;
    }
    const [row] = await sql.run(STORED);
    if (Number(row?.["stored"]) === 0 || performance.now() > giveUpAt) return { firstAt, lastAt };
    await sleep(50);
  }
}

async function accountOfQueue(
  sql: Sql,
  { numbers, inDoubt }: ReturnType<typeof handingIn>,
  received: readonly Received[],
  tell: Tell,
) {
  const rows = await sql.run(
    "SELECT helpdesk_ticket_number, state, reason, attempt, tries, deliver_by FROM submissions",
  );
  const states = new Map(rows.map((row) => [String(row["helpdesk_ticket_number"]), row]));
  const executed = executionsBy(received, ({ body }) => /"nomorTicketHelpdesk":"?(\d+)/.exec(body)?.[1]);
  const fateOf = (number: string) => {
    const { state, reason } = states.get(number) ?? {};
    if (state === "CONFIRMED" && executed.has(number)) return "delivered";
    if (state === "UNCERTAIN") return reason === "OWNER_DIED" ? "doubt of a killed one" : "another doubt";
    // Told to be in doubt, and not executed after all: their replica was only slow.
    if (state === "NOT_EXECUTED" && inDoubt.has(number)) return "undone";
    tell(`lost: ${number} ${JSON.stringify(states.get(number) ?? "no row")}`);
    return "lost"; // without a ticket and without a doubt, or confirmed without a ticket
  };
  const fates = Map.groupBy(numbers, fateOf);
  const [stored] = await sql.run(STORED);
  return {
    requests: numbers.size,
    tickets: executed.size,
    // executed more than once
    doubled: [...executed.values()].filter((times) => times > 1).length,
    lost: fates.get("lost")?.length ?? 0,
    undone: fates.get("undone")?.length ?? 0,
    doubtsOfKilled: fates.get("doubt of a killed one")?.length ?? 0,
    otherDoubts: fates.get("another doubt")?.length ?? 0,
    stored: Number(stored?.["stored"]),
  };
}
