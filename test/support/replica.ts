/**
 * Runs the built service as a process of its own, so that it can be killed and suspended. startReplica starts it. The settings
 * are JSON in REPLICA_CONFIG, and every event is a line of JSON on standard output.
 */
import { setFlagsFromString } from "node:v8";
import type { createApp as CreateApp } from "../../src/app.ts";
import { startedAgain } from "./patience.ts";

setFlagsFromString("--heap-growing-percent=40"); // as src/run.ts does: without it, soak measures another service
// Uses the build, because Node strips types but cannot run decorators.
const build = process.env["REPLICA_APP"] ?? new URL("../../dist/app.js", import.meta.url).href;
const { createApp } = (await import(build)) as { createApp: typeof CreateApp };

const config = JSON.parse(process.env["REPLICA_CONFIG"] ?? "{}", (key, value: unknown) =>
  key === "LEDGER_KEY" ? (value as string[]).map((text) => Buffer.from(text, "base64")) : value,
) as Parameters<typeof CreateApp>[0];
const app = await startedAgain(() =>
  createApp(config, (event, fields) => console.log(JSON.stringify({ event, ...fields }))),
);
console.log(JSON.stringify({ event: "replica.ready", url: app.url }));
process.once("SIGTERM", () => void app.close());
process.once("disconnect", () => process.exit()); // the parent has died
process.channel?.unref();
