import { randomBytes } from "node:crypto";
import { type Config, UnusableSettings } from "./config/config.ts";
import { type Secret, isLoopback, isRouterSecrets } from "./config/kinds.ts";
import { VERSION } from "./config/version.ts";
import { ERRORS } from "./errors.ts";
import { contextFactory } from "./graphql/context.ts";
import { TRACE_HEADER, TRACE_KIND } from "./graphql/execute.ts";
import { startServers } from "./graphql/servers.ts";
import { OUTCOMES } from "./graphql/plugins/operation-log.ts";
import { crossOrigin } from "./http/cors.ts";
import { type Health, management } from "./http/management.ts";
import { pages } from "./http/pages.ts";
import { type Execute, createRequestHandler } from "./http/request-handler.ts";
import { LAST_REQUESTS_MS, listen } from "./http/server.ts";
import { type Authentication, type Caller, DEVELOPER, REFUSAL_REASONS } from "./identity/principal.ts";
import { routerCredential } from "./identity/router-credential.ts";
import { trustedHeaders } from "./identity/trusted-headers.ts";
import { MADE_LEDGER_KEY, keyIn } from "./ledger/cipher.ts";
import { queueLimits } from "./ledger/context.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import type { Observe } from "./telemetry/events.ts";
import { gathered } from "./telemetry/gather.ts";
import { logTo } from "./telemetry/log.ts";
import { type Labels, Metrics } from "./telemetry/metrics.ts";
import { traceParentIn, traceParentToSend } from "./telemetry/trace-parent.ts";
import { type TraceSettings, tracesTo } from "./telemetry/traces.ts";
import { type SecretChange, rotatingSecret } from "./config/rotating-secret.ts";
import { SociomileClient } from "./sociomile/client.ts";
import { appendedTwiceIn } from "./sociomile/fields.ts";
import { cancelling } from "./tickets/cancel.ts";
import { delivering } from "./tickets/deliver.ts";
import type { UnknownReason } from "./tickets/outcome.ts";
import { TicketOperation } from "./tickets/request.ts";
import { resolving } from "./tickets/resolve.ts";
import { SubmissionState } from "./tickets/submission.ts";
import { submitting } from "./tickets/submit.ts";

export { LedgerRefused, LedgerUnusable } from "./ledger/open.ts";

/** Reasons of doubts. It fails to compile when the domain has others. */
const DOUBT_REASONS: Record<UnknownReason | "OWNER_DIED", true> = {
  ANSWER_TIMED_OUT: true,
  CONNECTION_LOST: true,
  ANSWER_NOT_UNDERSTOOD: true,
  TICKET_ID_REPEATED: true,
  OWNER_DIED: true,
};

/** Values of the metrics' labels. */
const LABELS: Labels = {
  codes: Object.keys(ERRORS),
  operations: Object.keys(TicketOperation),
  outcomes: OUTCOMES,
  deliveryOutcomes: Object.keys(SubmissionState).filter((state) => state !== "SENDING"),
  refusalReasons: REFUSAL_REASONS,
  doubtReasons: Object.keys(DOUBT_REASONS),
  version: VERSION,
};

/** Share of the requests in flight that may wait for a call to Sociomile. The others are replays and reads, which need none. */
const WAITING_SHARE = 0.5;

export interface App {
  /** Address of GraphQL. */
  url: string;
  /** Address of health and metrics. */
  managementUrl: string;
  /** Finishes the requests in flight, then closes everything. */
  close(): Promise<void>;
}

/** Puts the service together and starts it. Only this file constructs adapters. */
export async function createApp(config: Config, log?: Observe): Promise<App> {
  const metrics = new Metrics(LABELS);
  const sinks: Observe[] = [metrics.observe, log ?? (await logOf(config))];
  const observe: Observe = (event, fields) => {
    for (const sink of sinks) sink(event, fields);
  };
  const told = (name: string) => (change: SecretChange) => observe(`service.secret_${change}`, { name });
  const opened = new AsyncDisposableStack();
  try {
    const { vendor, ...vendorSettings } = config.sociomile;
    const { baseUrl, clientSecretKey } = vendor ?? (await openSandbox(config.sandboxPort, opened, observe));
    const mistake = appendedTwiceIn(baseUrl);
    if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
    if (config.tracesEndpoint !== null) {
      const settings: TraceSettings = {
        endpoint: config.tracesEndpoint,
        version: VERSION,
        vendor: new URL(baseUrl),
        database: config.ledger.url.startsWith("sqlite:") ? "sqlite" : "postgresql",
      };
      sinks.push(opened.use(await tracesTo(settings, observe)).observe);
    }
    const ticketing = new SociomileClient(
      {
        ...vendorSettings,
        baseUrl,
        clientSecretKey: rotatingSecret(clientSecretKey, told("SOCIOMILE_CLIENT_SECRET_KEY")),
        repeatedTicketIds: config.ledger.repeatedTicketIds,
        maxWaiting: Math.floor(config.maxInFlight * WAITING_SHARE),
      },
      observe,
    );
    opened.defer(() => ticketing.close());

    const ledger = await ledgerOf(config, observe);
    opened.defer(() => ledger.close());
    metrics.watchDoubts(() => ledger.doubts());
    metrics.watchQueue(() => ledger.queue(), config.ledger.maxQueued);
    metrics.watchCertificate(() => ticketing.certificateEnd);
    const deliveries = opened.use(
      delivering(ticketing, ledger, ({ submission, startedAt, tookMs }) => {
        const { id: submissionId, operation, state: outcome, reason } = submission;
        observe("delivery.ended", { submissionId, operation, outcome, reason, startedAt, tookMs });
      }),
    );

    const stopping = new AbortController();
    const graphql = await serveGraphQL(
      config,
      { ticketing, ledger, stopping: stopping.signal },
      opened,
      observe,
    );
    const { identify, isReady } = await authenticationOf(config.auth, opened, observe);
    let draining = false;
    const health: Health = {
      async notReady() {
        if (draining) return "stopping";
        if (!isReady()) return "keys";
        return (await ledger.isAvailable()) ? null : "ledger";
      },
    };
    const managementServer = await listen(
      management(health, () => metrics.expose()),
      config.management,
    );
    opened.defer(() => managementServer.close());
    const { handler, admission } = createRequestHandler(
      {
        execute: graphql.execute,
        identify,
        isRouter: routerCheck(config.auth, told("ROUTER_SECRET"), observe),
        maxInFlight: config.maxInFlight,
        health,
        answerPreflight: crossOrigin(config.corsOrigins),
        servesHost: config.auth === null ? isLoopback : () => true,
        servePages: config.mode === "development" ? pages(graphql.landingPage) : null,
      },
      observe,
    );
    metrics.watchRequests(() => admission.inFlight, config.maxInFlight);
    const server = await listen(handler, config);
    // A request goes on after its caller has closed the connection, and its outcome is recorded.
    opened.defer(() => admission.untilNone(LAST_REQUESTS_MS));
    opened.defer(() => server.close());
    opened.defer(async () => {
      await server.drain(config.drainLagMs);
      stopping.abort(); // requests that still run are answered, but send nothing new
    });

    opened.defer(() => deliveries.stop());

    const url = `${server.url}/graphql`;
    const managementUrl = managementServer.url;
    for (const name of config.unknownSettings) observe("service.setting_unknown", { name });
    if (config.ledger.isInClear) observe("ledger.connection_in_clear", {});
    observe("service.started", { version: VERSION, url, managementUrl, mode: config.mode });
    return {
      url,
      managementUrl,
      async close() {
        draining = true;
        observe("service.stopping", {});
        await opened.disposeAsync();
        observe("service.stopped", {});
      },
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Returns the log on standard output. The library for people is loaded only where people read. */
async function logOf({ logFormat, logLevel }: Config): Promise<Observe> {
  if (logFormat === "json") return logTo(gathered(process.stdout), logLevel);
  const { prettyLines } = await import("./telemetry/pretty.ts");
  return logTo(await prettyLines(process.stdout), logLevel);
}

/** Starts the GraphQL servers. Returns the function that runs a request, and the landing page. */
async function serveGraphQL(
  config: Config,
  { ticketing, ledger, stopping }: { ticketing: SociomileClient; ledger: SqlLedger; stopping: AbortSignal },
  opened: AsyncDisposableStack,
  observe: Observe,
): Promise<{ execute: Execute<Caller>; landingPage: () => Promise<string> }> {
  const isDevelopment = config.mode === "development";
  const contextFor = contextFactory({
    submit: submitting(ticketing, ledger),
    resolve: resolving(ledger),
    cancel: cancelling(ledger),
    ledger,
    schemaIsOpen: isDevelopment,
  });
  const servers = opened.use(await startServers(isDevelopment, observe));
  return {
    async execute(request, { requestId, headers, caller, deadline }) {
      const traced = headers[TRACE_HEADER] === TRACE_KIND;
      const correlation = { requestId, traceParent: traceParentIn(headers) };
      const context = contextFor(caller, correlation, { deadline, stopping });
      const run = () => servers.execute(request, context, { traced });
      const { traceParent } = correlation;
      return config.sociomile.sendsTraceParent && traceParent
        ? traceParentToSend.run(traceParent, run)
        : run();
    },
    landingPage: () => servers.landingPage(),
  };
}

/** Returns the way to identify callers. The library for tokens is loaded only where tokens are checked. */
async function authenticationOf(
  auth: Config["auth"],
  opened: AsyncDisposableStack,
  observe: Observe,
): Promise<Authentication> {
  if (auth === null) return { identify: () => Promise.resolve(DEVELOPER), isReady: () => true };
  if (auth.tokens === null) return trustedHeaders(observe);
  const { accessTokens } = await import("./identity/access-token.ts");
  return opened.use(accessTokens(auth.tokens, observe));
}

/** Returns the check of the router's credential. */
function routerCheck(
  auth: Config["auth"],
  hear: (change: SecretChange) => void,
  observe: Observe,
): (credential?: string) => boolean {
  if (auth === null) return () => true;
  return routerCredential(rotatingSecret(auth.routerSecret, hear, isRouterSecrets), observe);
}

/** Starts the sandbox in place of the vendor, with a random secret. */
async function openSandbox(port: number, opened: AsyncDisposableStack, observe: Observe) {
  const { startSandbox } = await import("./sandbox/server.ts");
  const clientSecretKey: Secret = { value: randomBytes(24).toString("base64url"), file: null };
  const sandbox = opened.use(await startSandbox({ port, secret: clientSecretKey.value }));
  observe("sandbox.started", { url: sandbox.url });
  return { baseUrl: sandbox.url, clientSecretKey };
}

/** Opens the ledger of a configuration. */
function ledgerOf({ ledger }: Config, observe: Observe): Promise<SqlLedger> {
  const { url, leaseMs, repeatedTicketIds } = ledger;
  const { submissionRetentionDays: submissionDays, ticketRetentionDays: ticketDays } = ledger;
  const keys = ledger.keys ?? [keyIn(MADE_LEDGER_KEY)];
  return openLedger(
    { url, keys },
    { leaseMs, repeatedTicketIds, queue: queueLimits(ledger), retention: { submissionDays, ticketDays } },
    observe,
  );
}
