import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { createPages } from "../../sandbox/pages.ts";
import { createApp } from "../../src/app.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { EventName, Events, Observe } from "../../src/telemetry/events.ts";
import { type Mood, type MoodOptions, type Sandbox } from "../../sandbox/server.ts";
import { clientOf } from "./client.ts";
import { type Changes, serviceConfig } from "./config.ts";
import { type Engine, type LedgerPlace, placeFor } from "./ledgers.ts";
import { type Event, startedPlaceFor } from "./opened.ts";
import { slowness, startedAgain } from "./patience.ts";
import { sqlOn } from "./sql.ts";
import { openSandbox } from "./vendor.ts";

export type { Answer } from "./client.ts";
export { CLIENT_SECRET_KEY } from "./config.ts";

export type Service = Awaited<ReturnType<typeof startService>>;

const NOT_COMPARED = new Set<EventName>([
  "request.refused",
  "service.started",
  "service.stopping",
  "service.stopped",
  "ledger.made",
]);

type StartFront = (url: string) => Promise<{ url: string } & AsyncDisposable>;
let startFront: StartFront | null = null;

/** Puts a gateway between the clients of this file's tests and each service that starts from now on; null: none. */
export function putInFront(start: StartFront | null): void {
  startFront = start;
}

export interface Options extends Changes {
  /** Address of the ledger; by default a file that is removed with the service. */
  ledgerUrl?: string;
  sandbox?: Sandbox;
  mood?: Mood;
  moodOptions?: MoodOptions;
  /** gets every event, as the log does. */
  observe?: Observe;
}

/** Starts the real service in front of its own sandbox, both on free ports of loopback. */
export async function startService({ mood, moodOptions, observe, ...options }: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const ledgerUrl = options.ledgerUrl ?? opening.use(await placeFor("SQLite")).url;
  const sandbox = options.sandbox ?? (await openSandbox());
  if (mood) sandbox.setMood(mood, moodOptions);
  const events: Event[] = [];
  const operations: Events["operation.answered"][] = [];
  const config = serviceConfig({ vendorUrl: sandbox.url, ...options, ledgerUrl });
  const log: Observe = (event, fields) => {
    observe?.(event, fields);
    if (event === "ledger.outcome_not_recorded" || ("ledgerFault" in fields && fields.ledgerFault === "SLOW"))
      slowness.answers++;
    if (event === "operation.answered") operations.push(fields as Events["operation.answered"]);
    else if (!NOT_COMPARED.has(event)) events.push({ event, ...fields });
  };
  const pages = config.APP_MODE === "development" ? createPages(config.CORS_ORIGINS) : null;
  const app = await startedAgain(() => createApp(config, log, pages));
  opening.defer(() => app.close());
  if (!options.sandbox) opening.use(sandbox); // closed first, so that hanging requests end
  const front = startFront && opening.use(await startFront(app.url));
  const opened = opening.move();
  const metric = async (nameWithLabels: string): Promise<number> => {
    const metrics = await (await fetch(`${app.managementUrl}/metrics`)).text();
    const line = metrics.split("\n").find((candidate) => candidate.startsWith(`${nameWithLabels} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  };
  return {
    ...clientOf(front?.url ?? app.url),
    sandbox,
    managementUrl: app.managementUrl,
    /** Events in order, without start, stop and events that are only counted. */
    events,
    operations,
    lastBody: () => sandbox.received.at(-1)?.body ?? "",
    metric,
    refusals: (code: ErrorCode) => metric(`sociomile_refusals_total{code="${code}"}`),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export type ServiceOnLedger = Awaited<ReturnType<typeof startServiceOn>>;

/** Starts the service with an empty ledger of this engine, or with that at `ledgerUrl`, and another connection to the ledger. */
export async function startServiceOn(engine: Engine, options: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const { ledgerUrl } = options;
  const place = ledgerUrl === undefined ? opening.use(await startedPlaceFor(engine)) : placeAt(ledgerUrl);
  const service = opening.use(await startService({ ...options, ledgerUrl: place.url }));
  const sql = opening.use(await sqlOn(place));
  const opened = opening.move();
  return { ...service, place, sql, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The place of a ledger that stays. */
const placeAt = (url: string): LedgerPlace => ({ url, [Symbol.asyncDispose]: () => Promise.resolve() });

/** One service for all tests of a file or describe, for tests that do not disturb one another. Each sees only what it causes itself. */
export function sharedService({ engine = "SQLite", ...options }: Options & { engine?: Engine } = {}) {
  let service: ServiceOnLedger;
  let receivedBefore = 0;
  beforeAll(async () => void (service = await startServiceOn(engine, options)));
  afterAll(() => service[Symbol.asyncDispose]());
  beforeEach(() => {
    receivedBefore = service.sandbox.received.length;
    service.events.length = 0;
    service.operations.length = 0;
  });
  const own = {
    get sandbox(): Sandbox {
      const received = { get: () => service.sandbox.received.slice(receivedBefore) };
      return Object.defineProperty({ ...service.sandbox }, "received", received);
    },
  };
  // The service starts after the tests have been collected.
  return new Proxy(own as ServiceOnLedger, {
    get: (target, name) => Reflect.get(name in target ? target : service, name) as unknown,
  });
}

/** Resolves when the service is ready. A service that checks tokens then has a key set. */
export async function untilReady({ managementUrl }: Pick<Service, "managementUrl">): Promise<void> {
  const isReady = async () => (await fetch(`${managementUrl}/readyz`)).ok;
  await vi.waitUntil(isReady, { timeout: 30_000 });
}
