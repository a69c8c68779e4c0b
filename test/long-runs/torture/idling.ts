import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { MUTATIONS } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import type { Tell } from "../watched.ts";

/** Results of healthy calls to a vendor that closes idle connections. */
export interface IdlingReport {
  calls: number;
  confirmed: number;
  /** All other results; must be 0. */
  doubts: number;
}

/** Time for which the vendor keeps an idle connection. */
const VENDOR_IDLE_MS = 2000;
const CALLS_A_WAVE = 1000;
const CLIENTS = 64;

/** Makes waves of calls with pauses around the time at which the vendor closes idle connections, which could cause false doubts. */
export async function idling(
  { ledgerUrl, calls }: { ledgerUrl: string; calls: number },
  progress: Tell,
): Promise<IdlingReport> {
  await using sandbox = await startSandbox({
    secret: CLIENT_SECRET_KEY,
    keepAliveMs: VENDOR_IDLE_MS,
    keep: 1000,
  });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl });
  const { document, example } = MUTATIONS.createVoiceTicket;
  const body = JSON.stringify({ query: document, variables: { input: example } });
  let confirmed = 0;
  for (let done = 0; done < calls; done += CALLS_A_WAVE) {
    let left = Math.min(CALLS_A_WAVE, calls - done);
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const { data } = await replica.post(body);
        if ((data as { createVoiceTicket: { ticket: object | null } }).createVoiceTicket.ticket) confirmed++;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const called = Math.min(done + CALLS_A_WAVE, calls);
    progress(`${called} calls, ${confirmed} confirmed`, called / calls);
    if (done + CALLS_A_WAVE < calls) await sleep(VENDOR_IDLE_MS * (0.4 + Math.random() * 0.7));
  }
  return { calls, confirmed, doubts: calls - confirmed };
}
