import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { App } from "./app.ts";
import type { Config } from "./config/config.ts";
import { endOnCrash } from "./crash.ts";
import { refuseDebugger } from "./debugger.ts";
import { type Ports, startFailure } from "./start-failure.ts";

// Keeps compiled code beside the build, if that directory can be written. This call comes before every other import.
enableCompileCache(fileURLToPath(new URL("cache", import.meta.url)));

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

refuseDebugger();
endOnCrash();

/** Running service. It is undefined until the start has ended. A stop before that exits at once, and the database undoes unfinished work. */
let app: App | undefined;
function stop(): void {
  if (app) void app.close();
  else process.exit(0);
}
process.once("SIGTERM", stop).once("SIGINT", stop).once("SIGHUP", stop);

const [{ LedgerRefused, LedgerUnusable, createApp }, { UnusableSettings, readConfig }] = await Promise.all([
  import("./app.ts"),
  import("./config/config.ts"),
]);

let config: Config | undefined;
try {
  config = readConfig();
  app = await createApp(config);
} catch (error) {
  const isRefused = error instanceof UnusableSettings || error instanceof LedgerRefused;
  process.exitCode = isRefused ? EX_CONFIG : EX_UNAVAILABLE;
  console.error(
    isRefused || error instanceof LedgerUnusable
      ? error.message
      : startFailure(error, config ? portsOf(config) : {}),
  );
}

function portsOf({ PORT, MANAGEMENT_PORT, SANDBOX_PORT, SOCIOMILE_BASE_URL }: Config): Ports {
  return { PORT, MANAGEMENT_PORT, ...(SOCIOMILE_BASE_URL === null && { SANDBOX_PORT }) };
}
