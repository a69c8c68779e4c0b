import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../../support/client.ts";
import { type Replica, type ReplicaEvent, startReplica } from "../../support/replicas.ts";
import { oneOf } from "./chance.ts";

type Settings = Parameters<typeof startReplica>[0];
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** Starts one replica with each of the settings. They are started again when they are killed, until the fleet is disposed. `heard`: called with each event. */
export async function startFleet(
  settings: readonly Settings[],
  heard: (event: ReplicaEvent) => void = () => {},
) {
  const announced = new Set<string>();
  const startsMs: number[] = [];
  const serving: (Replica | null)[] = settings.map(() => null);
  const starting = new Set<Promise<void>>();
  const over = new AbortController();

  const start = async (index: number) => {
    const started = performance.now();
    while (!over.signal.aborted && !serving[index]) {
      const onEvent = ({ event, submissionId }: ReplicaEvent) => {
        if (event === "ledger.outcome_not_recorded") announced.add(String(submissionId));
        heard({ event, submissionId });
      };
      // The process ends when the ledger does not answer. It is started again, as an orchestrator does.
      serving[index] = await startReplica({ ...settings[index]!, isQuiet: true }, onEvent).catch(() => null);
      if (!serving[index]) await sleep(100);
    }
    startsMs.push(performance.now() - started);
  };
  const allServing = () => serving.filter((replica) => replica !== null);
  const whole = async () => void (await Promise.all(starting));
  await Promise.all(settings.map((_, index) => start(index)));
  return {
    /** Submissions whose outcome the ledger did not take at once, by the events. */
    announced,
    /** Times from the starts of processes until they are ready, in milliseconds. */
    startsMs,
    /** Resolves when all of them serve. */
    whole,
    get replicas(): Replica[] {
      return allServing();
    },
    /** Returns the replica with these settings; undefined when it does not serve now. */
    at: (index: number): Replica | undefined => serving[index] ?? undefined,
    /** Posts to any replica that serves. */
    async post(body: string): Promise<Answer<unknown>> {
      const replica = oneOf(allServing());
      if (!replica) throw new Error("No replica serves");
      return replica.post(body);
    },
    /** Kills a replica that serves, by default any, and starts it again. Returns false when none serves. */
    async killOne(replica = oneOf(allServing())): Promise<boolean> {
      if (!replica) return false;
      const index = serving.indexOf(replica);
      serving[index] = null;
      await replica.kill();
      const again = start(index);
      starting.add(again);
      void again.finally(() => starting.delete(again));
      return true;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      over.abort();
      await whole();
      await Promise.all(allServing().map((replica) => replica.kill()));
    },
  };
}
