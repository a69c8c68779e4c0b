import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { setImmediate } from "node:timers/promises";
import { type Config, UnusableSettings } from "./config/config.ts";
import { isLoopback, routerSecrets } from "./config/kinds.ts";
import { MADE_LEDGER_KEY, keyIn } from "./config/made-key.ts";
import type { FileChange } from "./config/rotating.ts";
import { rotatingText } from "./config/rotating-text.ts";
import { rotatingSecret } from "./config/secret-file.ts";
import { mayServeAnyone } from "./config/settings.ts";
import { endsOf, rotatingTls } from "./config/tls.ts";
import { VERSION } from "./version.ts";
import { ERRORS } from "./errors.ts";
import { Budget } from "./graphql/bounds.ts";
import { contextFactory } from "./graphql/context.ts";
import { type Server, TRACE_HEADER, TRACE_KIND, landingPage, startServer } from "./graphql/server.ts";
import { hasTooManyLines, isQuery } from "./graphql/plugins/document-limits.ts";
import { OUTCOMES } from "./graphql/plugins/operation-log.ts";
import { watched } from "./http/brake.ts";
import { crossOrigin } from "./http/cors.ts";
import { type NotReady, management } from "./http/management.ts";
import { pages } from "./http/pages.ts";
import { type Execute, REQUEST_MS, createRequestHandler } from "./http/request-handler.ts";
import { listen } from "./http/server.ts";
import { type Authentication, type Caller, DEVELOPER } from "./identity/principal.ts";
import { routerCredential } from "./identity/router-credential.ts";
import { trustedHeaders } from "./identity/trusted-headers.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import type { Observe } from "./telemetry/events.ts";
import { logTo, standardOutput } from "./telemetry/log.ts";
import { type Labels, metricsFor } from "./telemetry/metrics.ts";
import { traceParentIn, tracesTo } from "./telemetry/traces.ts";
import { sociomile } from "./sociomile/client.ts";
import { baseUrlMistake } from "./sociomile/fields.ts";
import { createTaught, refusalsMistake } from "./sociomile/refusals.ts";
import { fairTurns } from "./tickets/bulkhead.ts";
import { cancelling } from "./tickets/cancel.ts";
import { delivering } from "./tickets/deliver.ts";
import { hidesCardNumber } from "./tickets/fields/card-number.ts";
import { NOT_EXECUTED_REASONS, UNKNOWN_REASONS } from "./tickets/outcome.ts";
import { TicketOperation } from "./tickets/request.ts";
import { resolving } from "./tickets/resolve.ts";
import { SubmissionState } from "./tickets/submission.ts";
import { submitting } from "./tickets/submit.ts";

export { LedgerRefused } from "./ledger/database/unusable.ts";
export { LedgerUnavailable } from "./tickets/ports.ts";

const LABELS: Labels = {
  codes: Object.keys(ERRORS),
  operations: Object.keys(TicketOperation),
  outcomes: OUTCOMES,
  deliveryOutcomes: Object.keys(SubmissionState).filter((state) => state !== "SENDING"),
  doubtReasons: [...Object.keys(UNKNOWN_REASONS), "OWNER_DIED"],
  notExecutedReasons: [...Object.keys(NOT_EXECUTED_REASONS), "OLDER_UPDATE_QUEUED"],
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
  const metrics = metricsFor(LABELS);
  const sinks: Observe[] = [metrics.observe, log ?? (await logOf(config))];
  const observe: Observe = (event, fields) => {
    for (const sink of sinks) sink(event, fields);
  };
  await using opened = new AsyncDisposableStack();
  const { baseUrl, clientSecretKey } = await vendorOf(config, opened, observe);
  const mistake = baseUrlMistake(baseUrl);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint !== null) {
    const database = config.DATABASE_URL.startsWith("sqlite:") ? "sqlite" : "postgresql";
    const facts = { version: VERSION, vendor: new URL(baseUrl), database } as const;
    const chosen = { sampler: config.OTEL_TRACES_SAMPLER, ratio: config.OTEL_TRACES_SAMPLER_ARG };
    const compression = config.OTEL_EXPORTER_OTLP_COMPRESSION;
    sinks.push(opened.use(await tracesTo({ endpoint, ...facts, ...chosen, compression }, observe)).observe);
  }
  const refusalsText = rotatingText(
    "SOCIOMILE_REFUSALS_FILE",
    config.SOCIOMILE_REFUSALS_FILE,
    refusalsMistake,
    changesOf("SOCIOMILE_REFUSALS_FILE", observe),
  );
  const ticketing = sociomile(
    {
      baseUrl,
      clientSecretKey: rotatingSecret(clientSecretKey, changesOf("SOCIOMILE_CLIENT_SECRET_KEY", observe)),
      proxyUrl: config.SOCIOMILE_PROXY_URL,
      timeZone: config.SOCIOMILE_TIME_ZONE,
      timeoutMs: config.SOCIOMILE_TIMEOUT_MS,
      connectTimeoutMs: config.SOCIOMILE_CONNECT_TIMEOUT_MS,
      keepAliveMs: config.SOCIOMILE_KEEP_ALIVE_MS,
      maxConcurrent: config.SOCIOMILE_MAX_CONCURRENT,
      repeatedTicketIds: config.SOCIOMILE_REPEATED_TICKET_IDS,
      refusals: createTaught(refusalsText),
      sendsTraceParent: config.SOCIOMILE_TRACEPARENT === "yes",
      maxWaiting: Math.floor(config.MAX_IN_FLIGHT * WAITING_SHARE),
    },
    observe,
  );
  opened.defer(() => ticketing.close());

  const ledger = await ledgerOf(config, observe);
  opened.defer(() => ledger.close());
  metrics.watchLedger(ledger, config.DELIVERY_MAX_QUEUED);
  const deliveries = opened.use(
    delivering(ticketing, ledger, ({ submission, ...delivery }) => {
      const { id: submissionId, operation, state: outcome, reason } = submission;
      observe("delivery.ended", { submissionId, operation, outcome, reason, ...delivery });
    }),
  );

  const stopping = new AbortController();
  const isDevelopment = config.APP_MODE === "development";
  const isOpen = mayServeAnyone(config);
  const graphql = opened.use(await startServer({ isOpen, schemaIsOpen: isDevelopment }, observe));
  const needsKeys = config.IDEMPOTENCY_KEYS === "required";
  const contextFor = contextFactory(ledger, {
    submit: submitting(ticketing, ledger, { needsKeys }),
    resolve: resolving(ledger),
    cancel: cancelling(ledger),
    needsKeys,
  });
  const { identify, isReady, isRouter } = await authenticationOf(config, opened, observe);
  let draining = false;
  const ledgerFault = opened.use(await watched(() => ledger.fault()));
  const notReady: NotReady = async () => {
    if (draining) return { because: "stopping" };
    if (!isReady()) return { because: "keys" };
    const reason = await ledgerFault();
    return reason === null ? null : { because: "ledger", reason };
  };
  const managementServer = await listen(
    management(notReady, () => metrics.expose()),
    { host: config.MANAGEMENT_HOST, port: config.MANAGEMENT_PORT },
  );
  opened.defer(() => managementServer.close());
  const { handler, admission } = createRequestHandler(
    {
      execute: executing(graphql, contextFor, stopping.signal),
      isQuery,
      hasTooManyLines,
      turn: fairTurns(),
      identify,
      isRouter,
      maxInFlight: config.MAX_IN_FLIGHT,
      notReady,
      answerPreflight: crossOrigin(config.CORS_ORIGINS),
      servesHost: config.AUTH === "off" ? isLoopback : () => true,
      mayBeLogged,
      servePages: isDevelopment ? pages(landingPage, operatorPageOf(config)) : null,
    },
    observe,
  );
  metrics.watchRequests(admission.inFlight, config.MAX_IN_FLIGHT);
  const tls = rotatingTls(config, changesOf("TLS_CERT_FILE", observe));
  metrics.watchCertificates(() => [...(tls ? endsOf(tls()) : []), ...ticketing.certificates()]);
  const server = await listen(handler, { host: config.HOST, port: config.PORT, tls });
  // A request goes on after its caller has closed the connection, and its outcome is recorded.
  opened.defer(() => admission.untilNone(REQUEST_MS));
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
    url,
    managementUrl,
    async close() {
      draining = true;
      observe("service.stopping", {});
      await running.disposeAsync();
      observe("service.stopped", {});
    },
  };
}

const changesOf = (name: string, observe: Observe) => (change: FileChange) =>
  observe(`service.secret_${change}`, { name });

/** Tells whether the log and traces may hold an id that a caller made up. */
const mayBeLogged = (id: string): boolean => !hidesCardNumber(id);

/** Returns the log on standard output. The library for people is loaded only where people read. */
async function logOf({ LOG_FORMAT, LOG_LEVEL }: Config): Promise<Observe> {
  if (LOG_FORMAT === "json") return logTo(standardOutput(), LOG_LEVEL);
  const { prettyLines } = await import("./telemetry/pretty.ts");
  return logTo(await prettyLines(process.stdout), LOG_LEVEL);
}

function executing(
  graphql: Server,
  contextFor: ReturnType<typeof contextFactory>,
  stopping: AbortSignal,
): Execute<Caller> {
  return async (requests, { requestId, headers, caller, deadline, hold, turn }) => {
    const traced = headers[TRACE_HEADER] === TRACE_KIND;
    const traceParent = traceParentIn(headers, mayBeLogged);
    using spent = new Budget(traced, hold);
    const answers = [];
    for (const request of requests) {
      if (answers.length > 0) await setImmediate(); // others are served between two operations of a list
      if (!spent.mayGoOn()) return "OVERLOADED";
      const context = contextFor(caller, { requestId, traceParent }, { deadline, stopping }, spent);
      answers.push(await graphql.execute(request, context, { traced, turn }));
    }
    return answers;
  };
}

/** Returns the way to identify callers, and the check of the router's credential. The library for tokens is loaded only where tokens are checked. */
async function authenticationOf(
  config: Config,
  opened: AsyncDisposableStack,
  observe: Observe,
): Promise<Authentication & { isRouter: (credential?: string) => boolean }> {
  if (config.AUTH === "off")
    return { identify: () => Promise.resolve(DEVELOPER), isReady: () => true, isRouter: () => true };
  const hear = changesOf("ROUTER_SECRET", observe);
  const secrets = rotatingSecret(config.ROUTER_SECRET!, hear, routerSecrets);
  const isRouter = routerCredential(secrets, observe);
  if (config.AUTH === "router") return { ...trustedHeaders(observe), isRouter };
  const { accessTokens } = await import("./identity/access-token.ts");
  const settings = {
    jwksUrl: config.AUTH_JWKS_URL!,
    issuer: config.AUTH_ISSUER!,
    audience: config.AUTH_AUDIENCE!,
    clientClaim: config.AUTH_CLIENT_CLAIM,
  };
  return { ...opened.use(accessTokens(settings, observe)), isRouter };
}

/** Returns the operators' page of a development service. Null where callers are authenticated: it would let anybody in. */
function operatorPageOf(config: Config): RequestListener | null {
  if (config.AUTH !== "off") return null;
  const loading = async () => {
    const [{ createOperatorPage }, { operator }, { createRun }] = await Promise.all([
      import("./operator/page/server.ts"),
      import("./operator/commands.ts"),
      import("./operator/command.ts"),
    ]);
    return createOperatorPage(createRun(config), operator, { by: "developer", isReadOnly: false, own: null });
  };
  let page: Promise<RequestListener> | undefined;
  return (request, response) => void (page ??= loading()).then((serve) => serve(request, response));
}

/** Returns the vendor of the settings. Without one, starts the sandbox in its place, with a random secret. */
async function vendorOf(config: Config, opened: AsyncDisposableStack, observe: Observe) {
  const { SOCIOMILE_BASE_URL: baseUrl, SANDBOX_PORT: port } = config;
  if (baseUrl !== null) return { baseUrl, clientSecretKey: config.SOCIOMILE_CLIENT_SECRET_KEY! };
  const { startSandbox } = await import("./sandbox/server.ts");
  const secret = randomBytes(24).toString("base64url");
  const [, path] = /^sqlite:(.+)$/.exec(config.DATABASE_URL) ?? [];
  const file = path === undefined ? null : `${path}-sandbox.jsonl`; // remembers tickets, because the ledger does
  const { url } = opened.use(await startSandbox({ port, secret, file, checksIds: true }));
  observe("sandbox.started", { url });
  return { baseUrl: url, clientSecretKey: { value: secret, file: null } };
}

function ledgerOf(config: Config, observe: Observe): Promise<SqlLedger> {
  const { SUBMISSION_RETENTION_DAYS: submissionDays, TICKET_RETENTION_DAYS: ticketDays } = config;
  return openLedger(
    { url: config.DATABASE_URL, keys: config.LEDGER_KEY ?? [keyIn(MADE_LEDGER_KEY)] },
    {
      leaseMs: config.leaseMs,
      repeatedTicketIds: config.SOCIOMILE_REPEATED_TICKET_IDS,
      queue: { max: config.DELIVERY_MAX_QUEUED, deliverWithinMs: config.DELIVERY_HOURS * 3_600_000 },
      retention: { submissionDays, ticketDays },
      migrates: config.LEDGER_MIGRATE,
    },
    observe,
  );
}
