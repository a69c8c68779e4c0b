import { createApp } from "../../src/app.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { EventName } from "../../src/telemetry/events.ts";
import { type Mood, type MoodOptions, type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type Client, clientOf } from "./client.ts";
import { CLIENT_SECRET_KEY, type Changes, serviceConfig } from "./config.ts";
import { placeFor } from "./ledgers.ts";

export type { Answer } from "./client.ts";
export { CLIENT_SECRET_KEY } from "./config.ts";

export interface Service extends Client, AsyncDisposable {
  sandbox: Sandbox;
  /** Address of health and metrics. */
  managementUrl: string;
  /** Events in order, without start, stop and events that are only counted. */
  events: { event: EventName; [field: string]: unknown }[];
  /** The JSON text of the last request that the vendor received. */
  lastBody(): string;
  /** Number of refusals with a code. */
  refusals(code: ErrorCode): Promise<number>;
}

/** Events of ordinary requests, which tests ignore. */
const ONLY_COUNTED = new Set<EventName>(["request.refused", "operation.answered"]);

interface Options extends Changes {
  /** Address of the ledger; by default a file that is removed with the service. */
  ledgerUrl?: string;
  /** Sandbox of another service, to share it. */
  sandbox?: Sandbox;
  mood?: Mood;
  moodOptions?: MoodOptions;
}

/** Starts the real service in front of its own sandbox, both on free ports of loopback. */
export async function startService({ mood, moodOptions, ...options }: Options = {}): Promise<Service> {
  await using opening = new AsyncDisposableStack();
  const ledgerUrl = options.ledgerUrl ?? opening.use(await placeFor("SQLite")).url;
  const sandbox = options.sandbox ?? (await startSandbox({ secret: CLIENT_SECRET_KEY }));
  if (mood) sandbox.setMood(mood, moodOptions);
  const events: Service["events"] = [];
  const config = serviceConfig({ vendorUrl: sandbox.url, ...options, ledgerUrl });
  const app = await createApp(config, (event, fields) => {
    if (!event.startsWith("service.") && !ONLY_COUNTED.has(event)) events.push({ event, ...fields });
  });
  opening.defer(() => app.close());
  if (!options.sandbox) opening.use(sandbox); // closed first, so that hanging requests end
  const opened = opening.move();
  return {
    ...clientOf(app.url),
    sandbox,
    managementUrl: app.managementUrl,
    events,
    lastBody: () => sandbox.received.at(-1)?.body ?? "",
    refusals: async (code) => {
      const metrics = await (await fetch(`${app.managementUrl}/metrics`)).text();
      return Number(
        new RegExp(`^sociomile_refusals_total\\{code="${code}"\\} (\\d+)$`, "m").exec(metrics)?.[1] ?? 0,
      );
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
