import { setTimeout as sleep } from "node:timers/promises";
import type { MessageFault } from "../../support/faulty-network.ts";
import type { Tell } from "../watched.ts";
import { type NetworkFault, between, lastingUpTo, networkFaults, oneOf } from "./chance.ts";
import { startLoaded } from "./load.ts";

/** Longest wait for a request that is to fail. There is none while the breaker is open. Milliseconds. */
const REQUEST_WITHIN_MS = 500;

const lasting = lastingUpTo(1500);

/** Faults between us and the vendor. Each resolves when it is over. Its effects on open connections may stay. */
const FAULTS: readonly NetworkFault[] = [
  ...networkFaults(1500),
  ({ weather }) => lasting(() => (weather.trickleMs = between(1, 5))),
  ({ weather }) => lasting(() => (weather.repeats = true)),
  async (network) => {
    const fault = oneOf<MessageFault>(["cutBefore", "cutAfter", "loseAnswer", { delayAnswerMs: 1500 }]);
    await Promise.race([network.next(/^POST/, fault), sleep(REQUEST_WITHIN_MS)]);
  },
];

/** Causes faults at random between two replicas and the vendor, while clients repeat with their keys. None begins after so many seconds. */
export async function vendorFaults(
  { ledgerUrl, faults, seconds }: { ledgerUrl: string; faults: number; seconds: number },
  tell: Tell,
) {
  await using scene = await startLoaded([ledgerUrl, ledgerUrl], { vendorMs: 50, readers: 0 });
  const { clients, sandbox, toVendor } = scene;
  const endAt = performance.now() + seconds * 1000;
  let done = 0;
  while (done < faults && performance.now() < endAt) {
    await oneOf(FAULTS)!(toVendor);
    await toVendor.recover();
    await sleep(between(0, 300));
    tell(`${++done} faults, ${clients.outcomes.size} keys`, done / faults);
  }
  const account = await scene.account(ledgerUrl);
  const madeFor = new Map(sandbox.tickets.map(({ id, request }) => [id, request["content"]]));
  // clients that were told a ticket of another key
  const foreign = [...clients.outcomes].filter(
    ([key, { ticket }]) => ticket !== null && madeFor.has(ticket.id) && madeFor.get(ticket.id) !== key,
  );
  return { ...account, foreignTickets: foreign.length, faults: done };
}
