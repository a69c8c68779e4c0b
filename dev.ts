/** The service in development, which `npm run dev` starts: with a stand-in for Sociomile and a few tickets there, a ledger key that it makes, pages, and a log for people. */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { Config } from "./src/config/config.ts";
import type { Observe } from "./src/telemetry/events.ts";

// Keeps compiled code beside the build. This call comes before every other import.
enableCompileCache(fileURLToPath(new URL("cache", import.meta.url)));

process.env["APP_MODE"] = "development";
const { runService } = await import("./src/run.ts");
await runService(develop);

async function develop(config: Config) {
  const { createLog, createLogTo } = await import("./src/telemetry/log.ts");
  const { createObserver } = await import("./src/telemetry/events.ts");
  const { openExamples } = await import("./sandbox/examples.ts");
  const { createPages } = await import("./sandbox/pages.ts");
  const { prettyLines } = await import("./sandbox/pretty-log.ts");
  const { AUTH, CORS_ORIGINS, DATABASE_URL, LOG_FORMAT, LOG_LEVEL, SANDBOX_PORT } = config;
  const log = LOG_FORMAT === "json" ? createLog(LOG_LEVEL) : createLogTo(await prettyLines(process.stdout), LOG_LEVEL);
  const LEDGER_KEY = config.LEDGER_KEY ?? [await madeKey()];
  const { startStandIn } = await import("./sandbox/stand-in.ts");
  const sandbox = config.SOCIOMILE_BASE_URL === null ? await startStandIn(SANDBOX_PORT, DATABASE_URL) : null;
  if (sandbox) log("sandbox.started", { url: sandbox.url });
  const whole = { ...config, LEDGER_KEY, ...sandbox?.settings };
  const opensExamples = sandbox !== null && AUTH === "off";
  const opening = createObserver({ "service.started": ({ url }) => void openExamples(url).catch(() => {}) });
  const observe: Observe = (event, fields) => {
    log(event, fields);
    if (opensExamples) opening(event, fields);
  };
  return { config: whole, log: observe, servePages: createPages(CORS_ORIGINS), sandbox };
}

async function madeKey(): Promise<Uint8Array> {
  const { MADE_LEDGER_KEY, UnusableSettings } = await import("./src/config/config.ts");
  const { keyIn } = await import("./sandbox/made-key.ts");
  try {
    return keyIn(MADE_LEDGER_KEY);
  } catch (error) {
    throw new UnusableSettings([(error as Error).message]);
  }
}
