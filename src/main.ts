import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { App } from "./app.ts";
import { type Ports, endRefused, guardProcess, startFailure } from "./guard.ts";

// Keeps compiled code beside the build, if that directory can be written. This call comes before every other import.
enableCompileCache(fileURLToPath(new URL("cache", import.meta.url)));

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

guardProcess();
// Lets V8 collect its old generation sooner than by itself: a loaded process then needs much less memory, at about the same cost.
setFlagsFromString("--heap-growing-percent=40");

/** Running service. Undefined until the start has ended: a stop before that exits at once, and the database rolls back. */
let app: App | undefined;
let signals = 0;

/** Stops at the first signal. Supervisors and npm often send two, so the second is ignored. The third ends the process. */
function onSignal(_: NodeJS.Signals, number: number): void {
  signals++;
  if (signals === 1 && app) void stop(app);
  else if (signals === 1) process.exit();
  else if (signals === 3) process.exit(128 + number); // as a shell shows a process that a signal ended
}

/** Ends the process with the service. A connection that the other side never closes would keep it alive. */
async function stop(running: App): Promise<void> {
  await running.close();
  process.exit();
}

process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("SIGHUP", onSignal);

const [{ LedgerRefused, LedgerUnavailable, createApp }, { UnusableSettings, readConfig }] = await Promise.all(
  [import("./app.ts"), import("./config/config.ts")],
);

let ports: Ports = {};
try {
  const config = readConfig();
  const { PORT, MANAGEMENT_PORT, SANDBOX_PORT, SOCIOMILE_BASE_URL } = config;
  ports = { PORT, MANAGEMENT_PORT, ...(SOCIOMILE_BASE_URL === null && { SANDBOX_PORT }) };
  app = await createApp(config);
} catch (error) {
  const isRefused = error instanceof UnusableSettings || error instanceof LedgerRefused;
  const message =
    isRefused || error instanceof LedgerUnavailable ? error.message : startFailure(error, ports);
  console.error(message);
  endRefused(message, isRefused ? EX_CONFIG : EX_UNAVAILABLE);
}
