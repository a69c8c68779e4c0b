import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import { type Replica, type ReplicaEvent, startReplica } from "../../support/replicas.ts";
import { oneOf } from "./chance.ts";

type Settings = Parameters<typeof startReplica>[0];

/** Replicas that are started again when they are killed, until the fleet is disposed. */
export class Fleet implements AsyncDisposable {
  /** Submissions whose outcome the ledger did not take at once, by the events. */
  readonly announced = new Set<string>();
  /** Times from the starts of processes until they are ready, in milliseconds. */
  readonly startsMs: number[] = [];
  readonly #settings: readonly Settings[];
  readonly #serving: (Replica | null)[];
  readonly #starting = new Set<Promise<void>>();
  readonly #heard: (event: ReplicaEvent) => void;
  #isOver = false;

  private constructor(settings: readonly Settings[], heard: (event: ReplicaEvent) => void) {
    this.#settings = settings;
    this.#heard = heard;
    this.#serving = settings.map(() => null);
  }

  /** Starts one replica with each of the settings. `heard` is called with each of their events. */
  static async start(
    settings: readonly Settings[],
    heard: (event: ReplicaEvent) => void = () => {},
  ): Promise<Fleet> {
    const fleet = new Fleet(settings, heard);
    await Promise.all(settings.map((_, index) => fleet.#start(index)));
    return fleet;
  }

  get replicas(): Replica[] {
    return this.#serving.filter((replica) => replica !== null);
  }

  /** Returns the replica with these settings; undefined when it does not serve now. */
  at(index: number): Replica | undefined {
    return this.#serving[index] ?? undefined;
  }

  /** Posts to any replica that serves. */
  readonly post: Client["post"] = async (body) => {
    const replica = oneOf(this.replicas);
    if (!replica) throw new Error("No replica serves");
    return replica.post(body);
  };

  /** Kills a replica that serves, by default any, and starts it again. Returns false when none serves. */
  async killOne(replica = oneOf(this.replicas)): Promise<boolean> {
    if (!replica) return false;
    const index = this.#serving.indexOf(replica);
    this.#serving[index] = null;
    await replica.kill();
    const starting = this.#start(index);
    this.#starting.add(starting);
    void starting.finally(() => this.#starting.delete(starting));
    return true;
  }

  async whole(): Promise<void> {
    await Promise.all(this.#starting);
  }

  async #start(index: number): Promise<void> {
    const started = performance.now();
    while (!this.#isOver && !this.#serving[index]) {
      const onEvent = ({ event, submissionId }: ReplicaEvent) => {
        if (event === "ledger.outcome_not_recorded") this.announced.add(String(submissionId));
        this.#heard({ event, submissionId });
      };
      // The process ends when the ledger does not answer. It is started again, as an orchestrator does.
      const settings = { ...this.#settings[index]!, isQuiet: true };
      this.#serving[index] = await startReplica(settings, onEvent).catch(() => null);
      if (!this.#serving[index]) await sleep(100);
    }
    this.startsMs.push(performance.now() - started);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.whole();
    await Promise.all(this.replicas.map((replica) => replica.kill()));
  }
}
