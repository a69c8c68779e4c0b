import { setTimeout as sleep } from "node:timers/promises";
import { mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import { forEachOf } from "../loops.ts";
import type { Tell } from "../watched.ts";
import { between } from "./chance.ts";

const VENDOR_IDLE_MS = 2000;
const CALLS_A_WAVE = 1000;
const CLIENTS = 64;

/** Makes waves of calls with pauses around the time at which the vendor closes idle connections, which could cause false doubts. */
export async function idling({ ledgerUrl, calls }: { ledgerUrl: string; calls: number }, tell: Tell) {
  await using sandbox = await openSandbox({ keepAliveMs: VENDOR_IDLE_MS, keep: 1000 });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl });
  let [done, confirmed] = [0, 0];
  const call = async (nth: number) => {
    const sourceTicketId = String(done + nth);
    if ((await mutate(replica, "createVoiceTicket", { sourceTicketId })).payload?.ticket) confirmed++;
  };
  while (done < calls) {
    if (done > 0) await sleep(VENDOR_IDLE_MS * between(0.4, 1.1));
    const wave = Math.min(CALLS_A_WAVE, calls - done);
    await forEachOf(Array(wave).keys(), call, CLIENTS);
    done += wave;
    tell(`${done} calls, ${confirmed} confirmed`, done / calls);
  }
  return { calls, confirmed, doubts: calls - confirmed }; // all other results count as doubts; must be 0
}
