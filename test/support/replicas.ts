import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Config } from "../../src/config/config.ts";
import { type Client, clientOf } from "./client.ts";
import { serviceConfig } from "./config.ts";

/** The built service in a process of its own. */
export interface Replica extends Client, AsyncDisposable {
  process: ChildProcess;
  events: { event: string; [field: string]: unknown }[];
  /** Ends the process without any warning, as a power failure would. */
  kill(): Promise<void>;
}

/** Starts a replica and waits until it serves. `heard`: told of each event when it comes. */
export async function startReplica(
  changes: Parameters<typeof serviceConfig>[0],
  heard: (event: Replica["events"][number]) => void = () => {},
): Promise<Replica> {
  const config = serviceConfig(changes);
  const child = spawn(process.execPath, [fileURLToPath(new URL("replica.ts", import.meta.url))], {
    env: { ...process.env, REPLICA_CONFIG: JSON.stringify(config, withKeysAsText) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const events: Replica["events"] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const event = JSON.parse(line) as Replica["events"][number];
      events.push(event);
      heard(event);
      if (event.event === "replica.ready") resolve(String(event["url"]));
    });
    void gone.then(() => reject(new Error("The replica ended before it served")));
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  return { ...clientOf(url), process: child, events, kill, [Symbol.asyncDispose]: kill };
}

function withKeysAsText(this: unknown, key: string, value: unknown): unknown {
  const keys = (this as Config["ledger"]).keys;
  return key === "keys" && keys ? keys.map((bytes) => Buffer.from(bytes).toString("base64")) : value;
}
