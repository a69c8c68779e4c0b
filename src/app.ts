import { randomBytes } from "node:crypto";
import type { Config } from "./config.ts";
import type { Secret } from "./environment.ts";
import { contextMaker } from "./graphql/context.ts";
import { graphqlServer } from "./graphql/server.ts";
import { door } from "./http/door.ts";
import { management } from "./http/management.ts";
import { listen } from "./http/server.ts";
import { accessTokens } from "./identity/access-token.ts";
import { DEVELOPER, type Identify } from "./identity/principal.ts";
import { routerCredential } from "./identity/router-credential.ts";
import { keyIn } from "./ledger/keys.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import type { Observe } from "./observe/events.ts";
import { logTo } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { startSandbox } from "./sandbox/server.ts";
import { current } from "./secret.ts";
import { SociomileDesk } from "./sociomile/client.ts";
import { rulingOn } from "./tickets/rule.ts";
import { submitting } from "./tickets/submit.ts";

export { LedgerRefused } from "./ledger/open.ts";

/** Where development keeps the ledger key that it made. */
const MADE_LEDGER_KEY = ".data/ledger.key";

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
  const metrics = new Metrics();
  const observe: Observe = (event, fields) => {
    metrics.observe(event, fields);
    log(event, fields);
  };
  const opened = new AsyncDisposableStack();
  try {
    const { vendor: given, ...vendorSettings } = config.sociomile;
    const { baseUrl, clientSecretKey } = given ?? (await openSandbox(config.sandboxPort, opened, observe));
    const desk = new SociomileDesk(
      { ...vendorSettings, baseUrl, clientSecretKey: current(clientSecretKey) },
      observe,
    );
    opened.defer(() => desk.close());

    const ledger = await ledgerOf(config, observe);
    opened.defer(() => ledger.close());

    const isDevelopment = config.mode === "development";
    const graphql = graphqlServer({ suggestions: isDevelopment }, observe);
    await graphql.start();
    opened.defer(() => graphql.stop());

    const { isRouter, identify } = gatekeepers(config.auth);
    const contextFor = contextMaker({
      submit: submitting(desk, ledger),
      rule: rulingOn(ledger),
      ledger,
      schemaIsOpen: isDevelopment,
    });
    let stopping = false;
    const health = {
      notReady: async () => (stopping ? "stopping" : (await ledger.isAvailable()) ? null : "ledger"),
    } as const;

    const managementServer = await listen(
      management(health, () => metrics.expose()),
      config.management,
    );
    opened.defer(() => managementServer.close());
    const server = await listen(
      door(
        {
          execute: (httpGraphQLRequest) =>
            graphql.executeHTTPGraphQLRequest({
              httpGraphQLRequest,
              context: async () =>
                contextFor(await identify(httpGraphQLRequest.headers.get("authorization"))),
            }),
          isRouter,
          maxInFlight: config.maxInFlight,
          health,
        },
        observe,
      ),
      config,
    );
    opened.defer(() => server.close());

    const url = `${server.url}/graphql`;
    observe("service.started", { url, mode: config.mode });
    return {
      url,
      managementUrl: managementServer.url,
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

/** Who may come in at all, and who they are. */
function gatekeepers(auth: Config["auth"]): {
  isRouter: (credential?: string) => boolean;
  identify: Identify;
} {
  if (auth === null) return { isRouter: () => true, identify: () => Promise.resolve(DEVELOPER) };
  const secrets = current(auth.routerSecret);
  const accepted = () =>
    secrets()
      .split(",")
      .map((secret) => secret.trim());
  return { isRouter: routerCredential(accepted), identify: accessTokens(auth.tokens) };
}

/** The stand-in vendor, with a secret that nobody needs to know. */
async function openSandbox(port: number, opened: AsyncDisposableStack, observe: Observe) {
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
