import { type Changes } from "../../support/config.ts";
import { mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Tell } from "../watched.ts";

/** Calls that say the same at once, half of them at each process. */
export const CALLS_AT_ONCE = 8;
/** Pieces of work under way at once. Each makes CALLS_AT_ONCE calls. */
const WORK_AT_ONCE = 8;

/** Starts two processes on one ledger, in front of one vendor. */
export async function startTwoProcesses(ledgerUrl: string, changes: Changes = {}) {
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(await openSandbox({ keep: 10_000_000 }));
  const place = { ...changes, vendorUrl: sandbox.url, ledgerUrl };
  // Starts both at once, so that both try to migrate the schema.
  const replicas = await Promise.all([startReplica(place), startReplica(place)] as const);
  for (const replica of replicas) opening.use(replica);
  return Object.assign(opening.move(), { sandbox, replicas });
}

/** Does `work` for each number from 0 to `count`, which is not included, with several under way at once. */
export async function forEachNumber(
  count: number,
  work: (nth: number) => Promise<unknown>,
  atOnce = WORK_AT_ONCE,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Runs two processes on one ledger. Each key is used by eight calls at once, four at each process. */
export async function sharing({ ledgerUrl, keys }: { ledgerUrl: string; keys: number }, tell: Tell) {
  await using processes = await startTwoProcesses(ledgerUrl);
  const { sandbox, replicas } = processes;
  let otherAnswers = 0; // answers with another ticket than that of their key
  await forEachNumber(keys, async (nth) => {
    const idempotencyKey = `shared-key-${nth}-of-both`;
    const calls = Array.from({ length: CALLS_AT_ONCE }, (_, call) =>
      mutate(replicas[call % 2]!, "createVoiceTicket", { idempotencyKey }),
    );
    const ids = (await Promise.all(calls)).map(({ payload }) => payload?.ticket?.id);
    otherAnswers += ids.filter((id) => id === undefined || id !== ids[0]).length;
    tell(`${nth} keys`, nth / keys);
  });
  return { keys, calls: keys * CALLS_AT_ONCE, vendorCalls: sandbox.received.length, otherAnswers };
}
