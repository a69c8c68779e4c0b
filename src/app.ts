import { randomBytes } from "node:crypto";
import type { Config } from "./config.ts";
import { contextMaker } from "./graphql/context.ts";
import { graphqlServer } from "./graphql/server.ts";
import { door } from "./http/door.ts";
import { listen } from "./http/server.ts";
import { keyIn } from "./ledger/keys.ts";
import type { SqlLedger } from "./ledger/ledger.ts";
import { openLedger } from "./ledger/open.ts";
import type { Observe } from "./observe/events.ts";
import { logTo } from "./observe/log.ts";
import { startSandbox } from "./sandbox/server.ts";
import { SociomileDesk } from "./sociomile/client.ts";
import { rulingOn } from "./tickets/rule.ts";
import { submitting } from "./tickets/submit.ts";

/** The client that every caller is as long as nobody is asked who they are. */
const ANYBODY = "anybody";
/** Where development keeps the ledger key that it made. */
const MADE_LEDGER_KEY = ".data/ledger.key";

export { LedgerRefused } from "./ledger/open.ts";

export interface App {
  /** Where GraphQL is served. */
  url: string;
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Puts the service together and starts it: the only place that constructs adapters. */
export async function createApp(
  config: Config,
  observe: Observe = logTo(process.stdout, config.logLevel),
): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    const { vendor: given, ...vendorSettings } = config.sociomile;
    const vendor = given ?? (await openSandbox(config.sandboxPort, opened, observe));

    const desk = new SociomileDesk(
      { ...vendorSettings, baseUrl: vendor.baseUrl, clientSecretKey: () => vendor.clientSecretKey },
      observe,
    );
    opened.defer(() => desk.close());

    const ledger = await ledgerOf(config, observe);
    opened.defer(() => ledger.close());

    const contextOf = contextMaker(submitting(desk, ledger), rulingOn(ledger), ledger);
    const graphql = graphqlServer({ introspection: config.mode === "development" }, observe);
    await graphql.start();
    opened.defer(() => graphql.stop());

    const http = await listen(
      door((httpGraphQLRequest) =>
        graphql.executeHTTPGraphQLRequest({
          httpGraphQLRequest,
          context: () => Promise.resolve(contextOf(ANYBODY)),
        }),
      ),
      config,
    );
    opened.defer(() => http.close());
    const url = `${http.url}/graphql`;
    observe("service.started", { url, mode: config.mode });
    return { url, close: () => close(opened, observe) };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function close(opened: AsyncDisposableStack, observe: Observe): Promise<void> {
  observe("service.stopping", {});
  await opened.disposeAsync();
  observe("service.stopped", {});
}

/** The stand-in vendor, with a secret that nobody needs to know. */
async function openSandbox(port: number, opened: AsyncDisposableStack, observe: Observe) {
  const clientSecretKey = randomBytes(24).toString("base64url");
  const sandbox = opened.use(await startSandbox({ port, secret: clientSecretKey }));
  observe("sandbox.started", { url: sandbox.url });
  return { baseUrl: sandbox.url, clientSecretKey };
}

/** The ledger at its address. */
export function ledgerOf({ ledger }: Config, observe: Observe): Promise<SqlLedger> {
  const { url, leaseMs, submissionRetentionDays: submissionDays, ticketRetentionDays: ticketDays } = ledger;
  const keys = ledger.keys ?? [keyIn(MADE_LEDGER_KEY)];
  return openLedger({ url, keys }, { leaseMs, retention: { submissionDays, ticketDays } }, observe);
}
