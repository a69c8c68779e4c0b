import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { App } from "./app.ts";
import type { Config } from "./config/config.ts";
import { endOnCrash } from "./crash.ts";
import { limitHeapGrowth } from "./heap.ts";

// Keeps compiled code beside the build, if that directory can be written. This call comes before every other import.
enableCompileCache(fileURLToPath(new URL("cache", import.meta.url)));

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

endOnCrash();
limitHeapGrowth();

/** Running service. It is undefined until the start has ended. A stop before that exits at once, and the database undoes unfinished work. */
let app: App | undefined;
function stop(): void {
  if (app) void app.close();
  else process.exit(0);
}
process.once("SIGTERM", stop).once("SIGINT", stop).once("SIGHUP", stop);

const [{ LedgerRefused, createApp }, { UnusableSettings, readConfig }] = await Promise.all([
  import("./app.ts"),
  import("./config/config.ts"),
]);

let config: Config | undefined;
try {
  config = readConfig();
  app = await createApp(config);
} catch (error) {
  if (error instanceof UnusableSettings || error instanceof LedgerRefused) {
    console.error(error.message);
    process.exitCode = EX_CONFIG;
  } else {
    // The message may quote a setting, so only the code of the error is printed.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    console.error(`The service could not start (${code})${settingOfPort(error)}.`);
    process.exitCode = EX_UNAVAILABLE;
  }
}

/** Names the setting of the port that is not available. Returns empty text for other errors. */
function settingOfPort(error: unknown): string {
  if (!(config && error instanceof Error && "syscall" in error && error.syscall === "listen")) return "";
  const ports = {
    PORT: config.port,
    MANAGEMENT_PORT: config.management.port,
    SANDBOX_PORT: config.sandboxPort,
  };
  const refused = Object.entries(ports).find(([, port]) => "port" in error && error.port === port);
  return refused ? `: the port in ${refused[0]} is not available` : "";
}
