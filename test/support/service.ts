import { type App, createApp } from "../../src/app.ts";
import { type Config, DEFAULTS } from "../../src/config.ts";
import type { EventName } from "../../src/observe/events.ts";
import { type Mood, type MoodOptions, type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import type { TypedDocumentString } from "../operations/generated/graphql.ts";

export const CLIENT_SECRET_KEY = "sandbox-key-of-the-tests";

/** What a GraphQL endpoint answered. */
export interface Answer<Data> {
  status: number;
  data: Data;
  errors: { message: string; path?: (string | number)[]; extensions: { code: string } }[] | undefined;
  /** The body as it came, for looking for what must not be in it. */
  text: string;
}

export interface Service extends AsyncDisposable {
  url: string;
  sandbox: Sandbox;
  /** What operators were told, in order. */
  events: { event: EventName; [field: string]: unknown }[];
  /** Runs one of the operations in test/operations. */
  execute<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Answer<Data>>;
  /** Posts anything. */
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer<unknown>>;
  /** The JSON text of the last request that the vendor received. */
  lastBody(): string;
}

interface Options {
  config?: Partial<Config>;
  sociomile?: Partial<Config["sociomile"]>;
  mood?: Mood;
  moodOptions?: MoodOptions;
}

/** The real service in front of a sandbox of its own, both on free ports of loopback. */
export async function startService({ config, sociomile, mood, moodOptions }: Options = {}): Promise<Service> {
  const sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY });
  if (mood) sandbox.setMood(mood, moodOptions);
  const events: Service["events"] = [];
  const settings: Config = {
    mode: "production",
    host: "127.0.0.1",
    port: 0,
    logLevel: "silent",
    sociomile: {
      vendor: { baseUrl: sandbox.url, clientSecretKey: CLIENT_SECRET_KEY },
      timeZone: DEFAULTS.SOCIOMILE_TIME_ZONE,
      timeoutMs: 1000,
      connectTimeoutMs: 500,
      keepAliveMs: DEFAULTS.SOCIOMILE_KEEP_ALIVE_MS,
      maxConcurrent: DEFAULTS.SOCIOMILE_MAX_CONCURRENT,
      ...sociomile,
    },
    sandboxPort: 0,
    ...config,
  };
  const app: App = await createApp(settings, (event, fields) => events.push({ event, ...fields }));

  const post: Service["post"] = async (body, headers = {}) => {
    const response = await fetch(app.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as Pick<Answer<unknown>, "data" | "errors">;
    return { status: response.status, data, errors, text };
  };

  return {
    url: app.url,
    sandbox,
    events,
    post,
    execute: (document, variables) =>
      post(JSON.stringify({ query: document.toString(), variables })) as Promise<never>,
    lastBody: () => sandbox.received.at(-1)?.body ?? "",
    async [Symbol.asyncDispose]() {
      await sandbox.close(); // first: what it hangs on to ends
      await app.close();
    },
  };
}
