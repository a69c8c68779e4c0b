import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Config } from "./config.ts";
import { type Secret, isSecret } from "./environment.ts";
import { ERRORS } from "./errors.ts";
import { contextFactory } from "./graphql/context.ts";
import { TRACE_HEADER, TRACE_KIND, execute } from "./graphql/execute.ts";
import { graphqlServer, landingPageOf } from "./graphql/server.ts";
import { OUTCOMES } from "./graphql/plugins/operation-log.ts";
import { cors } from "./http/cors.ts";
import { type Execute, door } from "./http/door.ts";
import { type Health, management } from "./http/management.ts";
import { pages } from "./http/pages.ts";
import { LAST_REQUESTS_MS, listen } from "./http/server.ts";
import { DEVELOPER, type Identify, type Principal } from "./identity/principal.ts";
import { routerCredential } from "./identity/router-credential.ts";
import { keyIn } from "./ledger/keys.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import type { Observe } from "./observe/events.ts";
import { logTo } from "./observe/log.ts";
import { type Labels, Metrics } from "./observe/metrics.ts";
import { tracesTo } from "./observe/traces.ts";
import { current } from "./secret.ts";
import { SociomileDesk } from "./sociomile/client.ts";
import { TicketOperation } from "./tickets/request.ts";
import { rulingOn } from "./tickets/rule.ts";
import { submitting } from "./tickets/submit.ts";

export { LedgerRefused } from "./ledger/open.ts";

/** Where development keeps the ledger key that it made. */
const MADE_LEDGER_KEY = ".data/ledger.key";

/** The values that labels of metrics have. */
const LABELS: Labels = {
  codes: Object.keys(ERRORS),
  operations: Object.keys(TicketOperation),
  outcomes: OUTCOMES,
};

export interface App {
  /** Where GraphQL is served. */
  url: string;
  /** Where health and metrics are. */
  managementUrl: string;
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Puts the service together and starts it: the only place that constructs adapters. */
export async function createApp(
  config: Config,
  log: Observe = logTo(process.stdout, config.logLevel),
): Promise<App> {
  const metrics = new Metrics(LABELS);
  const sinks: Observe[] = [metrics.observe, log];
  const observe: Observe = (event, fields) => {
    for (const sink of sinks) sink(event, fields);
  };
  const opened = new AsyncDisposableStack();
  try {
    if (config.tracesEndpoint !== null) sinks.push(opened.use(await tracesTo(config.tracesEndpoint)).observe);
    const { vendor: given, ...vendorSettings } = config.sociomile;
    const { baseUrl, clientSecretKey } = given ?? (await openSandbox(config.sandboxPort, opened, observe));
    const desk = new SociomileDesk(
      { ...vendorSettings, baseUrl, clientSecretKey: current(clientSecretKey) },
      observe,
    );
    opened.defer(() => desk.close());

    const ledger = await ledgerOf(config, observe);
    opened.defer(() => ledger.close());
    metrics.watchDoubts(() => ledger.doubts());

    const graphql = await serveGraphQL(config, { desk, ledger }, opened, observe);
    let stopping = false;
    const health: Health = {
      notReady: async () => (stopping ? "stopping" : (await ledger.isAvailable()) ? null : "ledger"),
    };
    const managementServer = await listen(
      management(health, () => metrics.expose()),
      config.management,
    );
    opened.defer(() => managementServer.close());
    const { listener, inFlight } = door(
      {
        execute: graphql.execute,
        identify: await identifier(config.auth, observe),
        isRouter: routerGate(config.auth),
        maxInFlight: config.maxInFlight,
        health,
        isPreflight: cors(config.corsOrigins),
        servePages: config.mode === "development" ? pages(graphql.landingPage) : null,
      },
      observe,
    );
    metrics.watchRequests(() => inFlight.count, config.maxInFlight);
    const server = await listen(listener, config);
    opened.defer(() => inFlight.untilNone(LAST_REQUESTS_MS)); // a caller that has gone leaves a request behind, and its outcome counts
    opened.defer(() => server.close(config.drainLagMs));

    const url = `${server.url}/graphql`;
    const managementUrl = managementServer.url;
    observe("service.started", { url, managementUrl, mode: config.mode });
    return {
      url,
      managementUrl,
      async close() {
        stopping = true;
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

/** What runs GraphQL requests, for whoever their tokens say they are from. */
async function serveGraphQL(
  config: Config,
  { desk, ledger }: { desk: SociomileDesk; ledger: SqlLedger },
  opened: AsyncDisposableStack,
  observe: Observe,
): Promise<{ execute: Execute<Principal>; landingPage: () => Promise<string> }> {
  const isDevelopment = config.mode === "development";
  const contextFor = contextFactory({
    submit: submitting(desk, ledger),
    resolve: rulingOn(ledger),
    ledger,
    schemaIsOpen: isDevelopment,
  });
  const start = async (traces: boolean) => {
    const server = await graphqlServer({ isDevelopment, traces }, observe);
    await server.start();
    return server;
  };
  const plain = await start(false);
  let tracing: ReturnType<typeof start> | undefined; // made when somebody asks for the first time
  const startTracing = () =>
    start(true).catch((error: unknown) => {
      tracing = undefined; // the next one who asks tries again
      throw error;
    });
  opened.defer(async () => {
    await plain.stop();
    await (await tracing)?.stop();
  });
  return {
    async execute(request, { requestId, headers, caller }) {
      const traced = headers[TRACE_HEADER] === TRACE_KIND;
      const server = traced ? await (tracing ??= startTracing()) : plain;
      const context = contextFor(caller, { requestId, traceParent: traceParentIn(headers) });
      return execute(server, request, context, { traced });
    },
    landingPage: () => landingPageOf(plain),
  };
}

/** Tells who calls. Loads what checks tokens only where they are checked. */
async function identifier(auth: Config["auth"], observe: Observe): Promise<Identify> {
  if (auth === null) return () => Promise.resolve(DEVELOPER);
  const { accessTokens } = await import("./identity/access-token.ts");
  return accessTokens(auth.tokens, () => observe("identity.issuer_unreachable", {}));
}

/** The router's trace context, when it is one (https://www.w3.org/TR/trace-context/#traceparent-header). */
function traceParentIn({ traceparent: given }: IncomingHttpHeaders): string | null {
  return typeof given === "string" && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given)
    ? given
    : null;
}

/** Whether a credential is the router's. */
function routerGate(auth: Config["auth"]): (credential?: string) => boolean {
  if (auth === null) return () => true;
  const secrets = current(auth.routerSecret, isOneOrTwoSecrets);
  return routerCredential(() =>
    secrets()
      .split(",")
      .map((secret) => secret.trim()),
  );
}

function isOneOrTwoSecrets(text: string): boolean {
  const secrets = text.split(",");
  return secrets.length <= 2 && secrets.every(isSecret);
}

/** The stand-in vendor, with a secret that nobody needs to know. */
async function openSandbox(port: number, opened: AsyncDisposableStack, observe: Observe) {
  const { startSandbox } = await import("./sandbox/server.ts");
  const clientSecretKey: Secret = { value: randomBytes(24).toString("base64url"), file: null };
  const sandbox = opened.use(await startSandbox({ port, secret: clientSecretKey.value }));
  observe("sandbox.started", { url: sandbox.url });
  return { baseUrl: sandbox.url, clientSecretKey };
}

/** The ledger at its address. */
export function ledgerOf({ ledger }: Config, observe: Observe): Promise<SqlLedger> {
  const { url, leaseMs, submissionRetentionDays: submissionDays, ticketRetentionDays: ticketDays } = ledger;
  const keys = ledger.keys ?? [keyIn(MADE_LEDGER_KEY)];
  return openLedger({ url, keys }, { leaseMs, retention: { submissionDays, ticketDays } }, observe);
}
