import { randomBytes } from "node:crypto";
import type { Config } from "./config.ts";
import { graphqlServer } from "./graphql/server.ts";
import { door } from "./http/door.ts";
import { listen } from "./http/server.ts";
import type { Observe } from "./observe/events.ts";
import { startSandbox } from "./sandbox/server.ts";
import { SociomileDesk } from "./sociomile/client.ts";
import { submitTo } from "./tickets/submit.ts";

export interface App {
  /** Where GraphQL is served. */
  url: string;
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** Puts the service together and starts it: the only place that constructs adapters. */
export async function createApp(config: Config, observe: Observe): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    const { vendor: given, ...vendorSettings } = config.sociomile;
    const vendor = given ?? (await openSandbox(config.sandboxPort, opened, observe));

    const desk = new SociomileDesk(
      { ...vendorSettings, baseUrl: vendor.baseUrl, clientSecretKey: () => vendor.clientSecretKey },
      observe,
    );
    opened.defer(() => desk.close());

    const contextValue = { submit: submitTo(desk, () => Temporal.Now.instant()) };
    const graphql = graphqlServer({ introspection: config.mode === "development" }, observe);
    await graphql.start();
    opened.defer(() => graphql.stop());

    const http = await listen(
      door((httpGraphQLRequest) =>
        graphql.executeHTTPGraphQLRequest({
          httpGraphQLRequest,
          context: () => Promise.resolve(contextValue),
        }),
      ),
      config,
    );
    opened.defer(() => http.close());
    return { url: `${http.url}/graphql`, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** The stand-in vendor, with a secret that nobody needs to know. */
async function openSandbox(port: number, opened: AsyncDisposableStack, observe: Observe) {
  const clientSecretKey = randomBytes(24).toString("base64url");
  const sandbox = opened.use(await startSandbox({ port, secret: clientSecretKey }));
  observe("sandbox.started", { url: sandbox.url });
  return { baseUrl: sandbox.url, clientSecretKey };
}
