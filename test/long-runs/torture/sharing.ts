import { mutate } from "../../support/mutations.ts";
import { CALLS_AT_ONCE, forEachNumber, startTwoProcesses } from "./two-processes.ts";

/** Results of two processes on one ledger that use the same keys at once. */
export interface SharingReport {
  keys: number;
  calls: number;
  /** Calls to the vendor. Must equal keys. */
  vendorCalls: number;
  /** Answers with another ticket than that of their key. Must be 0. */
  otherAnswers: number;
}

/** Runs two processes on one ledger. Each key is used by eight calls at once, four at each process. */
export async function sharing({
  ledgerUrl,
  keys,
}: {
  ledgerUrl: string;
  keys: number;
}): Promise<SharingReport> {
  await using processes = await startTwoProcesses(ledgerUrl);
  const { sandbox, replicas } = processes;
  let otherAnswers = 0;
  await forEachNumber(keys, async (nth) => {
    const idempotencyKey = `shared-key-${nth}-of-both`;
    const answers = await Promise.all(
      Array.from({ length: CALLS_AT_ONCE }, (_, call) =>
        mutate(replicas[call % 2]!, "createVoiceTicket", { idempotencyKey }),
      ),
    );
    const ids = answers.map(({ payload }) => payload?.ticket?.id);
    otherAnswers += ids.filter((id) => id === undefined || id !== ids[0]).length;
  });
  return { keys, calls: keys * CALLS_AT_ONCE, vendorCalls: sandbox.received.length, otherAnswers };
}
