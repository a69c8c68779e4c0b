/** The process of a service: it starts, runs until a signal, and ends with an exit code. */
import { setFlagsFromString } from "node:v8";
import type { App } from "./app.ts";
import type { Config } from "./config/config.ts";
import { type Ports, endRefused, guardProcess, startFailure } from "./guard.ts";
import type { ServePages } from "./http/request-handler.ts";
import type { Observe } from "./telemetry/events.ts";

/** Exit codes, from sysexits.h. */
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

/** Additions of dev.ts: settings that it has made, a log for people, and pages. */
interface Developed {
  config: Config;
  log: Observe;
  servePages: ServePages;
  /** Stand-in that the settings name, which ends with the process. */
  sandbox: AsyncDisposable | null;
}

/** Adds to the settings of a developer what they do not have. */
export type Develop = (config: Config) => Promise<Developed>;

/** Runs the service. */
export async function runService(develop: Develop | null = null): Promise<void> {
  guardProcess();
  // Lets V8 collect its old generation sooner: a loaded process then needs much less memory, at about the same cost.
  setFlagsFromString("--heap-growing-percent=40");

  /** Running service. Undefined until the start has ended: a stop before that exits at once. */
  let app: App | undefined;
  let signals = 0;
  /** Stops at the first signal. Supervisors and npm often send two: the second is ignored. The third ends the process. */
  const onSignal = (_: NodeJS.Signals, number: number) => {
    signals++;
    if (signals === 1 && app) void stop(app);
    else if (signals === 1) process.exit();
    else if (signals === 3) process.exit(128 + number); // as a shell shows a process that a signal ended
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("SIGHUP", onSignal);

  const [{ LedgerRefused, LedgerUnavailable, createApp }, { UnusableSettings, readConfig }] = await Promise.all([
    import("./app.ts"),
    import("./config/config.ts"),
  ]);
  let ports: Ports = {};
  let developed: Developed | undefined;
  try {
    const config = readConfig();
    const { PORT, MANAGEMENT_PORT, SANDBOX_PORT } = config;
    ports = { PORT, MANAGEMENT_PORT, ...(develop && { SANDBOX_PORT }) };
    developed = await develop?.(config);
    app = await createApp(developed?.config ?? config, developed?.log, developed?.servePages);
  } catch (error) {
    const isRefused = error instanceof UnusableSettings || error instanceof LedgerRefused;
    const message = isRefused || error instanceof LedgerUnavailable ? error.message : startFailure(error, ports);
    console.error(message);
    await developed?.sandbox?.[Symbol.asyncDispose]();
    endRefused(message, isRefused ? EX_CONFIG : EX_UNAVAILABLE);
  }
}

/** Ends the process with the service. A connection that the other side never closes would keep it alive. */
async function stop(running: App): Promise<void> {
  await running.close();
  process.exit();
}
