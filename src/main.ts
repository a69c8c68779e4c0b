import { LedgerRefused, createApp } from "./app.ts";
import { UnusableSettings, readConfig } from "./config.ts";

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

try {
  const app = await createApp(readConfig());
  const stop = (): void => void app.close();
  process.once("SIGTERM", stop).once("SIGINT", stop);
} catch (error) {
  if (error instanceof UnusableSettings || error instanceof LedgerRefused) {
    console.error(error.message);
    process.exitCode = EX_CONFIG;
  } else {
    // Its message may quote a setting, so only the system's code is told.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    console.error(`The service could not start (${code}).`);
    process.exitCode = EX_UNAVAILABLE;
  }
}
