/**
 * The built service as a process of its own, so that it can be killed and suspended. Run by startReplica: the settings
 * come as JSON in REPLICA_CONFIG, and every event goes to standard output as a line of JSON.
 */
import type { createApp as CreateApp } from "../../src/app.ts";

// Node strips types but cannot run decorators, so this is the build.
const build = new URL("../../dist/app.js", import.meta.url).href;
const { createApp } = (await import(build)) as { createApp: typeof CreateApp };

const config = JSON.parse(process.env["REPLICA_CONFIG"] ?? "{}", (key, value: unknown) =>
  key === "keys" ? (value as string[]).map((text) => Buffer.from(text, "base64")) : value,
) as Parameters<typeof CreateApp>[0];
const app = await createApp(config, (event, fields) => console.log(JSON.stringify({ event, ...fields })));
console.log(JSON.stringify({ event: "replica.ready", url: app.url }));
process.once("SIGTERM", () => void app.close());
process.once("disconnect", () => process.exit()); // whoever started it has died
process.channel?.unref();
