import { createApp } from "./app.ts";
import { UnusableSettings, readConfig } from "./config.ts";
import { logTo } from "./observe/log.ts";

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

try {
  const config = readConfig(process.env);
  const observe = logTo(process.stdout, config.logLevel);
  const app = await createApp(config, observe);
  observe("service.started", { url: app.url, mode: config.mode });

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    observe("service.stopping", { signal });
    await app.close();
    observe("service.stopped", {});
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
} catch (error) {
  if (error instanceof UnusableSettings) {
    console.error(error.message);
    process.exitCode = EX_CONFIG;
  } else {
    // Its message may quote a setting, so only the system's code is told.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    console.error(`The service could not start (${code}).`);
    process.exitCode = EX_UNAVAILABLE;
  }
}
