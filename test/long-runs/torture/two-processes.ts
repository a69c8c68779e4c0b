import { type Changes } from "../../support/config.ts";
import { startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";

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
