import { join } from "node:path";
import {
  type Config,
  UnusableSettings,
  connectionsOf,
  createRefusalsSource,
  ledgerSettingsOf,
} from "./config/config.ts";
import { type FileChange, createSecretSource } from "./config/files.ts";
import { routerSecrets as routerSecretsType } from "./config/setting-types.ts";
import { mayServeAnyone } from "./config/settings.ts";
import { endsOf, createTlsSource } from "./config/tls.ts";
import { VERSION } from "./version.ts";
import { ERRORS } from "./errors.ts";
import { OUTCOMES } from "./graphql/operation-log.ts";
import { startServer } from "./graphql/server.ts";
import { watched } from "./http/brake.ts";
import { createConsole } from "./http/console.ts";
import { type NotReady, management } from "./http/management.ts";
import { REQUEST_MS, type ServePages, createRequestHandler } from "./http/request-handler.ts";
import { MAX_CONNECTIONS, MAX_UNPROVEN, listen } from "./http/server.ts";
import { createAuthentication } from "./identity/authentication.ts";
import { openLedger } from "./ledger/open.ts";
import { createLimiters } from "./limiters.ts";
import type { Observe } from "./telemetry/events.ts";
import { createLog } from "./telemetry/log.ts";
import { type Labels, createMetrics } from "./telemetry/metrics.ts";
import { createTraces } from "./telemetry/traces.ts";
import { createSociomile } from "./sociomile/client.ts";
import { baseUrlMistake } from "./sociomile/translate.ts";
import { refusalsMistake, refusalsIn } from "./sociomile/refusals.ts";
import { createCancel, createRetry, createResolve } from "./tickets/resolve.ts";
import { startDeliveries } from "./tickets/deliver.ts";
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

/**
 * Puts the service together and starts it. Only this file constructs adapters. Each part stands beside its way of stopping:
 * `close` stops the last one first. `servePages`: pages for developers.
 */
export async function createApp(config: Config, log?: Observe, servePages: ServePages | null = null) {
  const { baseUrl, secretKey, keys } = connectionsOf(config);
  const mistake = baseUrlMistake(baseUrl);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const limiters = createLimiters(config);
  const stopping = new AbortController();
  await using opened = new AsyncDisposableStack();

  const metrics = createMetrics(LABELS);
  const sinks: Observe[] = [metrics.observe, log ?? createLog(config.LOG_LEVEL)];
  const observe: Observe = (event, fields) => {
    for (const sink of sinks) sink(event, fields);
  };
  const report = (name: string) => (change: FileChange) => observe(`service.secret_${change}`, { name });
  const { OTEL_EXPORTER_OTLP_ENDPOINT: collector } = config;
  const facts = { ...config, version: VERSION, vendor: new URL(baseUrl) };
  if (collector !== null) sinks.push(opened.use(await createTraces(collector, facts, observe)).observe);
  const refusals = createRefusalsSource(config, refusalsMistake, report("SOCIOMILE_REFUSALS_FILE"));
  const ticketing = opened.adopt(
    createSociomile(
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
    ),
    (started) => started.close(),
  );
  const { transactions } = limiters;
  const ledger = opened.adopt(
    await openLedger({ url: config.DATABASE_URL, keys }, { ...ledgerSettingsOf(config), transactions }, observe),
    (started) => started.close(),
  );
  const deliveries = opened.use(
    startDeliveries(ticketing, ledger, ({ submission, ...delivery }) => {
      const { id: submissionId, operation, state: outcome, reason } = submission;
      observe("delivery.ended", { submissionId, operation, outcome, reason, ...delivery });
    }),
  );
  const parts = {
    isOpen: mayServeAnyone(config),
    isSchemaOpen: config.APP_MODE === "development",
    stopping: stopping.signal,
    ledger,
    submit: createSubmit(ticketing, ledger),
    resolve: createResolve(ledger),
    cancel: createCancel(ledger),
    retry: createRetry(ledger),
  };
  const graphql = opened.use(await startServer(parts, observe));
  const routerSecrets =
    config.ROUTER_SECRET && createSecretSource(config.ROUTER_SECRET, report("ROUTER_SECRET"), routerSecretsType);
  const authentication = opened.use(await createAuthentication(config, routerSecrets, observe));
  const ledgerFault = opened.use(await watched(() => ledger.fault()));
  let draining = false;
  const notReady: NotReady = async () => {
    if (draining) return { because: "stopping" };
    if (!authentication.isReady()) return { because: "keys" };
    const reason = await ledgerFault();
    return reason === null ? null : { because: "ledger", reason };
  };
  const tls = createTlsSource(config, report("TLS_CERT_FILE"));
  metrics.watchLedger(ledger, config.DELIVERY_MAX_QUEUED);
  metrics.watchRequests(() => limiters.requests.inUse, config.MAX_IN_FLIGHT);
  metrics.watchCertificates(() => [...(tls ? endsOf(tls()) : []), ...ticketing.certificates()]);
  const isLoopbackOnly = config.AUTH === "off";
  const managementServer = opened.adopt(
    await listen(
      management(notReady, () => metrics.expose(), isLoopbackOnly),
      { host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT, maxUnproven: MAX_UNPROVEN },
    ),
    (started) => started.close(),
  );
  const operatorConsole = await consoleOf(config);
  const handler = createRequestHandler(
    { graphql, authentication, limiters, notReady, isLoopbackOnly, operatorConsole, servePages },
    observe,
  );
  const maxUnproven = routerSecrets || config.TLS_CLIENT_CA_FILE ? MAX_UNPROVEN : MAX_CONNECTIONS;
  // A request goes on after its caller has closed the connection, and its outcome is recorded.
  opened.defer(() => limiters.requests.untilNone(REQUEST_MS));
  const server = opened.adopt(
    await listen(handler, { host: config.HOST, port: config.PORT, tls, maxUnproven }),
    (started) => started.close(),
  );
  opened.defer(() => stopping.abort()); // requests that still run are answered, but send nothing new
  opened.defer(() => server.drain(config.DRAIN_LAG_MS));
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
function consoleOf(config: Config) {
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
