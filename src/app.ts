import { join } from "node:path";
import {
  type Config,
  UnusableSettings,
  connectionsOf,
  createRefusalsSource,
  ledgerSettingsOf,
} from "./config/config.ts";
import { type FileChange, createSecretSource } from "./config/files.ts";
import { isLoopback, routerSecrets } from "./config/setting-types.ts";
import { mayServeAnyone } from "./config/settings.ts";
import { endsOf, createTlsSource } from "./config/tls.ts";
import { VERSION } from "./version.ts";
import { ERRORS } from "./errors.ts";
import { OUTCOMES } from "./graphql/operation-log.ts";
import { startServer } from "./graphql/server.ts";
import { watched } from "./http/brake.ts";
import { type ServeConsole, createConsole } from "./http/console.ts";
import { type NotReady, management } from "./http/management.ts";
import { REQUEST_MS, type ServePages, createRequestHandler } from "./http/request-handler.ts";
import { MAX_CONNECTIONS, MAX_UNPROVEN, listen } from "./http/server.ts";
import { createAuthentication, createRouterCheck } from "./identity/principal.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import { type Limiters, createLimiters } from "./limiters.ts";
import type { Observe } from "./telemetry/events.ts";
import { createLog } from "./telemetry/log.ts";
import { type Labels, createMetrics } from "./telemetry/metrics.ts";
import { createTraces } from "./telemetry/traces.ts";
import { createSociomile } from "./sociomile/client.ts";
import { baseUrlMistake } from "./sociomile/translate.ts";
import { refusalsMistake, refusalsIn } from "./sociomile/refusals.ts";
import { createCancel, createRetry, createResolve } from "./tickets/resolve.ts";
import { startDeliveries } from "./tickets/deliver.ts";
import { hidesCardNumber } from "./tickets/fields/card-number.ts";
import { NOT_EXECUTED_REASONS, UNKNOWN_REASONS, SubmissionState } from "./tickets/submission.ts";
import { TicketOperation } from "./tickets/request.ts";
import { createSubmit } from "./tickets/submit.ts";

export { LedgerRefused } from "./ledger/database/unusable.ts";
export { LedgerUnavailable } from "./tickets/ports.ts";

const LABELS: Labels = {
  codes: Object.keys(ERRORS),
  operations: Object.keys(TicketOperation),
  outcomes: OUTCOMES,
  deliveryOutcomes: Object.keys(SubmissionState).filter((state) => state !== "SENDING"),
  doubtReasons: [...Object.keys(UNKNOWN_REASONS), "OWNER_DIED", "ANSWERED_LATE"],
  notExecutedReasons: Object.keys(NOT_EXECUTED_REASONS),
  version: VERSION,
};

export type App = Awaited<ReturnType<typeof createApp>>;

/** Puts the service together and starts it. Only this file constructs adapters. `servePages`: pages for developers. */
export async function createApp(config: Config, log?: Observe, servePages: ServePages | null = null) {
  const { baseUrl, secretKey, keys } = connectionsOf(config);
  const limiters = createLimiters(config);
  const metrics = createMetrics(LABELS);
  const sinks: Observe[] = [metrics.observe, log ?? createLog(config.LOG_LEVEL)];
  const observe: Observe = (event, fields) => {
    for (const sink of sinks) sink(event, fields);
  };
  const report = (name: string) => (change: FileChange) => observe(`service.secret_${change}`, { name });
  await using opened = new AsyncDisposableStack();
  const mistake = baseUrlMistake(baseUrl);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: collector } = config;
  const facts = { ...config, version: VERSION, vendor: new URL(baseUrl) };
  if (collector !== null) sinks.push(opened.use(await createTraces(collector, facts, observe)).observe);
  const refusals = createRefusalsSource(config, refusalsMistake, report("SOCIOMILE_REFUSALS_FILE"));
  const ticketing = createSociomile(
    {
      baseUrl,
      clientSecretKey: createSecretSource(secretKey, report("SOCIOMILE_CLIENT_SECRET_KEY")),
      proxyUrl: config.SOCIOMILE_PROXY_URL,
      timeZone: config.SOCIOMILE_TIME_ZONE,
      timeoutMs: config.SOCIOMILE_TIMEOUT_MS,
      connectTimeoutMs: config.SOCIOMILE_CONNECT_TIMEOUT_MS,
      keepAliveMs: config.SOCIOMILE_KEEP_ALIVE_MS,
      refusals: () => refusalsIn(refusals()),
      sendsTraceParent: config.SOCIOMILE_TRACEPARENT === "yes",
      calls: limiters.calls,
    },
    observe,
  );
  opened.defer(() => ticketing.close());

  const ledger = await ledgerOf(config, keys, limiters, observe);
  opened.defer(() => ledger.close());
  metrics.watchLedger(ledger, config.DELIVERY_MAX_QUEUED);
  const deliveries = opened.use(
    startDeliveries(ticketing, ledger, ({ submission, ...delivery }) => {
      const { id: submissionId, operation, state: outcome, reason } = submission;
      observe("delivery.ended", { submissionId, operation, outcome, reason, ...delivery });
    }),
  );

  const stopping = new AbortController();
  const isDevelopment = config.APP_MODE === "development";
  const isOpen = mayServeAnyone(config);
  const graphql = opened.use(
    await startServer(
      {
        isOpen,
        isSchemaOpen: isDevelopment,
        stopping: stopping.signal,
        ledger,
        submit: createSubmit(ticketing, ledger),
        resolve: createResolve(ledger),
        cancel: createCancel(ledger),
        retry: createRetry(ledger),
      },
      observe,
    ),
  );
  const { identify, isReady } = opened.use(await createAuthentication(config, observe));
  const secrets =
    config.ROUTER_SECRET && createSecretSource(config.ROUTER_SECRET, report("ROUTER_SECRET"), routerSecrets);
  const servesHost = config.AUTH === "off" ? isLoopback : () => true;
  let draining = false;
  const ledgerFault = opened.use(await watched(() => ledger.fault()));
  const notReady: NotReady = async () => {
    if (draining) return { because: "stopping" };
    if (!isReady()) return { because: "keys" };
    const reason = await ledgerFault();
    return reason === null ? null : { because: "ledger", reason };
  };
  const managementServer = await listen(
    management(notReady, () => metrics.expose(), servesHost),
    { host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT, maxUnproven: MAX_UNPROVEN },
  );
  opened.defer(() => managementServer.close());
  const handler = createRequestHandler(
    {
      execute: graphql.execute,
      limiters,
      identify,
      isRouter: secrets ? createRouterCheck(secrets, observe) : () => true,
      notReady,
      servesHost,
      mayBeLogged: (id) => !hidesCardNumber(id),
      serveConsole: await consoleOf(config),
      servePages,
    },
    observe,
  );
  metrics.watchRequests(() => limiters.requests.inUse, config.MAX_IN_FLIGHT);
  const tls = createTlsSource(config, report("TLS_CERT_FILE"));
  metrics.watchCertificates(() => [...(tls ? endsOf(tls()) : []), ...ticketing.certificates()]);
  const maxUnproven = secrets || config.TLS_CLIENT_CA_FILE ? MAX_UNPROVEN : MAX_CONNECTIONS;
  const server = await listen(handler, { host: config.HOST, port: config.PORT, tls, maxUnproven });
  // A request goes on after its caller has closed the connection, and its outcome is recorded.
  opened.defer(() => limiters.requests.untilNone(REQUEST_MS));
  opened.defer(() => server.close());
  opened.defer(async () => {
    await server.drain(config.DRAIN_LAG_MS);
    stopping.abort(); // requests that still run are answered, but send nothing new
  });
  opened.defer(() => deliveries.stop());
  const url = `${server.url}/graphql`;
  const managementUrl = managementServer.url;
  for (const name of config.unknownSettings) observe("service.setting_unknown", { name });
  if (config.ledgerIsInClear) observe("ledger.connection_in_clear", {});
  observe("service.started", { version: VERSION, url, managementUrl, mode: config.APP_MODE });
  const running = opened.move();
  return {
    /** Address of GraphQL. */
    url,
    /** Address of health and metrics. */
    managementUrl,
    /** Finishes the requests in flight, then closes everything. */
    async close(): Promise<void> {
      draining = true;
      observe("service.stopping", {});
      await running.disposeAsync();
      observe("service.stopped", {});
    },
  };
}

/** Folder of the built console: beside the build, also for tests, which run the sources. */
const CONSOLE = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? "../dist/console" : "console");

/** Returns the console, for operators of an issuer, or for everybody in an open development service. Null: not served. */
function consoleOf(config: Config): Promise<ServeConsole> | null {
  const { CONSOLE_ISSUER: issuer, CONSOLE_CLIENT_ID: clientId } = config;
  if (issuer === null && (config.APP_MODE !== "development" || config.AUTH !== "off")) return null;
  return createConsole(CONSOLE, {
    issuer,
    clientId,
    scopes: config.CONSOLE_SCOPES,
    graphqlUrl: config.CONSOLE_GRAPHQL_URL,
    ticketUrl: config.SOCIOMILE_TICKET_URL,
    timeZone: config.SOCIOMILE_TIME_ZONE,
  });
}

function ledgerOf(
  config: Config,
  keys: readonly Uint8Array[],
  { transactions }: Limiters,
  observe: Observe,
): Promise<SqlLedger> {
  const { SUBMISSION_RETENTION_DAYS: submissionDays, TICKET_RETENTION_DAYS: ticketDays } = config;
  const retention = { submissionDays, ticketDays };
  return openLedger(
    { url: config.DATABASE_URL, keys },
    { ...ledgerSettingsOf(config), retention, migrates: config.LEDGER_MIGRATE, transactions },
    observe,
  );
}
