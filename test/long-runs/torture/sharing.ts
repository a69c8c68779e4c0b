import { startSandbox } from "../../../src/sandbox/server.ts";
import { MUTATIONS } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";

/** Results of two processes on one ledger that use the same keys at once. */
export interface SharingReport {
  keys: number;
  calls: number;
  /** Calls to the vendor. Must equal keys. */
  vendorCalls: number;
  /** Answers with another ticket than that of their key. Must be 0. */
  otherAnswers: number;
}

const CALLS_PER_KEY = 8;
/** Keys under way at once. */
const KEYS_AT_ONCE = 8;

/** Runs two processes on one ledger. Each key is used by eight calls at once, four at each process. */
export async function sharing({
  ledgerUrl,
  keys,
}: {
  ledgerUrl: string;
  keys: number;
}): Promise<SharingReport> {
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  const place = { vendorUrl: sandbox.url, ledgerUrl };
  // Starts both at once, so that both try to migrate the schema.
  const replicas = await Promise.all([startReplica(place), startReplica(place)]);
  try {
    let next = 0;
    let otherAnswers = 0;
    const worker = async (): Promise<void> => {
      while (next < keys) {
        const input = {
          ...MUTATIONS.createVoiceTicket.example,
          idempotencyKey: `shared-key-${next++}-of-both`,
        };
        const body = JSON.stringify({ query: MUTATIONS.createVoiceTicket.document, variables: { input } });
        const answers = await Promise.all(
          Array.from({ length: CALLS_PER_KEY }, (_, call) => replicas[call % 2]!.post(body)),
        );
        const ids = answers.map(
          ({ data }) =>
            (data as { createVoiceTicket: { ticket: { id: string } | null } }).createVoiceTicket.ticket?.id,
        );
        otherAnswers += ids.filter((id) => id === undefined || id !== ids[0]).length;
      }
    };
    await Promise.all(Array.from({ length: KEYS_AT_ONCE }, worker));
    return { keys, calls: keys * CALLS_PER_KEY, vendorCalls: sandbox.received.length, otherAnswers };
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()));
  }
}
