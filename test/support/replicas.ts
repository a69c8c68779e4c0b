import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Config } from "../../src/config/config.ts";
import { clientOf } from "./client.ts";
import { serviceConfig } from "./config.ts";

export type Replica = Awaited<ReturnType<typeof startReplica>>;

export interface ReplicaEvent {
  event: string;
  [field: string]: unknown;
}

type ReplicaChanges = Parameters<typeof serviceConfig>[0] & {
  /** Difference of its wall clock to the machine's, in milliseconds. Positive: ahead. */
  clockAheadMs?: number;
  /** True: standard error is thrown away, for tests in which replicas are killed often. */
  isQuiet?: boolean;
  /** Path of the `app.js` of another version; by default that of this build. */
  app?: string | undefined;
};

/** Longest time until a replica serves, in milliseconds. Then it is killed, as an orchestrator would do. A loaded machine needs long. */
const START_WITHIN_MS = 40_000;

/** Starts the built service in a process of its own, and waits until it serves. `onEvent` is called with each event. */
export async function startReplica(
  { clockAheadMs, isQuiet = false, app, ...changes }: ReplicaChanges,
  onEvent: (event: ReplicaEvent) => void = () => {},
) {
  const config = serviceConfig(changes);
  const preload = clockAheadMs === undefined ? [] : ["--import", pathOf("shifted-clock.ts")];
  const child = spawn(process.execPath, [...preload, pathOf("replica.ts")], {
    env: {
      ...process.env,
      REPLICA_CONFIG: JSON.stringify(config, withKeysAsText),
      CLOCK_AHEAD_MS: String(clockAheadMs),
      ...(app !== undefined && { REPLICA_APP: app }),
    },
    stdio: ["ignore", "pipe", isQuiet ? "ignore" : "inherit", "ipc"],
  });
  const gone = once(child, "exit");
  const impatience = setTimeout(() => child.kill("SIGKILL"), START_WITHIN_MS).unref();
  const events: ReplicaEvent[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).on("line", (line) => {
      const event = JSON.parse(line) as ReplicaEvent;
      events.push(event);
      onEvent(event);
      if (event.event === "replica.ready") resolve(String(event["url"]));
    });
    void gone.then(() => reject(new Error("The replica ended before it served")));
  });
  clearTimeout(impatience);
  const kill = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  /** Sets its wall clock ahead of the machine's, in milliseconds. Works only after a start with `clockAheadMs`. */
  const setClockAhead = async (ms: number) => {
    child.send(ms);
    await once(child, "message");
  };
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return { ...clientOf(url), process: child, events, hasEnded, kill, setClockAhead, [Symbol.asyncDispose]: kill };
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function withKeysAsText(this: unknown, key: string, value: unknown): unknown {
  const keys = (this as Config).LEDGER_KEY;
  return key === "LEDGER_KEY" && keys ? keys.map((bytes) => Buffer.from(bytes).toString("base64")) : value;
}
