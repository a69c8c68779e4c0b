import { setTimeout as sleep } from "node:timers/promises";
import { type Replica, type ReplicaEvent, startReplica } from "./replicas.ts";
import { oneOf } from "./chance.ts";

/** Starts one replica on each of these ledgers, and starts it again when it is killed. `onEvent`: called with each event. */
export async function startFleet(
  settings: Omit<Parameters<typeof startReplica>[0], "ledgerUrl">,
  ledgerUrls: readonly string[],
  onEvent: (event: ReplicaEvent) => void = () => {},
) {
  const announced = new Set<string>();
  const all: (Replica | null)[] = ledgerUrls.map(() => null);
  const over = new AbortController();

  const report = (event: ReplicaEvent) => {
    if (event.event === "ledger.outcome_not_recorded") announced.add(String(event["submissionId"]));
    onEvent(event);
  };
  const start = async (index: number) => {
    const own = { ...settings, ledgerUrl: ledgerUrls[index]!, isQuiet: true };
    while (!over.signal.aborted && !all[index]) {
      // The process ends when the ledger does not answer. It is started again, as an orchestrator does.
      all[index] = await startReplica(own, report).catch(() => null);
      if (!all[index]) await sleep(100);
    }
  };
  const serving = () => all.filter((replica) => replica !== null);
  let starting: Promise<unknown> = Promise.all(ledgerUrls.map((_, index) => start(index)));
  await starting;
  return {
    /** Submissions whose outcome the ledger did not take at once, by the events. */
    announced,
    serving,
    /** Returns the replica on this ledger; undefined when it does not serve now. */
    at: (index: number) => all[index] ?? undefined,
    whole: () => starting,
    post: async (body: string) => {
      const replica = oneOf(serving());
      if (!replica) throw new Error("No replica serves");
      return replica.post(body);
    },
    /** Kills a replica that serves, by default any, and starts it again. Returns false when none serves. */
    async killOne(replica = oneOf(serving())): Promise<boolean> {
      if (!replica) return false;
      const index = all.indexOf(replica);
      all[index] = null;
      await replica.kill();
      starting = Promise.all([starting, start(index)]);
      return true;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      over.abort();
      await starting;
      await Promise.all(serving().map((replica) => replica.kill()));
    },
  };
}
