import { databaseUrl } from "./database-url.ts";
import {
  type Kind,
  isLoopback,
  ledgerKeys,
  oneOf,
  origins,
  proxyUrl,
  routerSecrets,
  secret,
  serviceUrl,
  share,
  text,
  ticketUrl,
  timeZone,
  wholeNumber,
  yesOrNo,
} from "./kinds.ts";

export interface Setting<Value = unknown> {
  kind: Kind<Value>;
  /** Value where the environment has none. Null: the setting may be absent. Undefined: the setting is required. */
  default?: Value | null;
  /** Default in development mode, if it differs. */
  development?: Value | null;
  /** Default that depends on more than the mode. */
  defaultBy?: (known: Known) => Value;
  /** False where others make the setting needless. Then it is not read, and its value is null. */
  isNeeded?: (known: Known) => boolean;
  /** Default as docs/settings.md shows it, if it is no plain value. */
  defaultInWords?: string;
  /** True when NAME_FILE may name a file that holds the value. */
  fromFile?: boolean;
  /** Meaning for operators, in Markdown. */
  meaning: string;
}

/** Facts and settings on which others depend. These settings stand in the table above those that depend on them. */
export interface Known {
  isTerminal: boolean;
  APP_MODE: "production" | "development";
  HOST: string;
  SOCIOMILE_BASE_URL: string | null;
  AUTH: "on" | "router" | "off";
}

/** True where nobody else reaches the service, so that it may serve without authentication. */
export function mayServeAnyone({ APP_MODE, HOST }: Pick<Known, "APP_MODE" | "HOST">): boolean {
  return APP_MODE === "development" && isLoopback(HOST);
}

const FOR_TOKENS = {
  isNeeded: ({ AUTH }: Known) => AUTH === "on",
  defaultInWords: "required with `AUTH=on`",
};

const file: Kind<string> = { ...text, description: "a file" };
const port = wholeNumber(0, 65_535);
const milliseconds = wholeNumber(1, 60_000);
const days = wholeNumber(1, 3650);
const count = wholeNumber(1, 10_000);

/** Every setting of the service. The configuration is read from this table from top to bottom, and the table of docs/settings.md is written from it. */
export const SETTINGS = checked({
  APP_MODE: {
    kind: oneOf("production", "development"),
    default: "production",
    meaning: "mode of the service",
  },
  HOST: {
    kind: text,
    default: "0.0.0.0",
    development: "127.0.0.1",
    meaning:
      "address of `/graphql`, `/livez` and `/readyz`; `::` takes IPv6, and IPv4 too, for a cluster with IPv6",
  },
  PORT: {
    kind: port,
    default: 4001,
    meaning: "port of `/graphql`, `/livez` and `/readyz`; 0 takes any free one",
  },
  MANAGEMENT_HOST: {
    kind: text,
    defaultBy: ({ HOST }: Known) => HOST,
    defaultInWords: "as `HOST`",
    meaning: "address of `/metrics`, `/livez` and `/readyz`",
  },
  MANAGEMENT_PORT: {
    kind: port,
    default: 9464,
    meaning: "port of `/metrics`, `/livez` and `/readyz`; 0 takes any free one",
  },
  TLS_CERT_FILE: {
    kind: file,
    default: null,
    meaning:
      "certificate of the port and its chain, in PEM; with it the port speaks TLS; read again when it changes",
  },
  TLS_KEY_FILE: { kind: file, default: null, meaning: "its key, in PEM; read again when it changes" },
  TLS_CLIENT_CA_FILE: {
    kind: file,
    default: null,
    meaning:
      "authorities of clients, in PEM; with it clients must show a certificate; read again when it changes",
  },
  SOCIOMILE_ALLOW_HTTP: {
    kind: yesOrNo,
    default: "no",
    development: "yes",
    meaning: "`yes` allows plain http to a Sociomile on loopback, for tests in production mode",
  },
  SOCIOMILE_BASE_URL: {
    kind: serviceUrl("none", { http: "loopback", setting: "SOCIOMILE_ALLOW_HTTP" }),
    development: null,
    defaultInWords: "required; development: the sandbox",
    meaning: "address of Sociomile, without the paths of its two endpoints, which the service appends",
  },
  SOCIOMILE_CLIENT_SECRET_KEY: {
    kind: secret,
    isNeeded: ({ SOCIOMILE_BASE_URL }: Known) => SOCIOMILE_BASE_URL !== null,
    defaultInWords: "required; development with the sandbox: made",
    fromFile: true,
    meaning: "Sociomile's secret; its file is read again when it changes",
  },
  SOCIOMILE_PROXY_URL: {
    kind: proxyUrl,
    default: null,
    fromFile: true,
    meaning: "HTTP proxy through which Sociomile is reached, probes included; read at the start",
  },
  SOCIOMILE_TIME_ZONE: {
    kind: timeZone,
    default: "Asia/Makassar",
    meaning: "time zone of Sociomile's wall-clock times",
  },
  SOCIOMILE_TICKET_URL: {
    kind: ticketUrl,
    default: null,
    defaultInWords: "none: the page has no such link",
    meaning:
      "address of a ticket's page in Sociomile, to which [the operators' page](command-line.md#the-page) links",
  },
  SOCIOMILE_TIMEOUT_MS: {
    // The ledger needs up to a second before and after, so a request still ends within its 12 s.
    kind: wholeNumber(100, 10_000),
    default: 8000,
    meaning: "longest wait for Sociomile's answer",
  },
  SOCIOMILE_CONNECT_TIMEOUT_MS: {
    kind: milliseconds,
    default: 2000,
    meaning: "longest wait for a connection to Sociomile",
  },
  SOCIOMILE_KEEP_ALIVE_MS: {
    kind: milliseconds,
    default: 1000,
    meaning: "longest idle time after which a connection to Sociomile is used again",
  },
  SOCIOMILE_MAX_CONCURRENT: {
    kind: count,
    default: 64,
    meaning:
      "most calls to Sociomile at once; further calls wait up to 2 s, as many as half of `MAX_IN_FLIGHT`",
  },
  SOCIOMILE_REPEATED_TICKET_IDS: {
    kind: oneOf("doubt", "accept"),
    default: "doubt",
    development: "accept",
    meaning:
      "treatment of a create that Sociomile answers with the ticket id of another submission, or of a forgotten ticket",
  },
  SOCIOMILE_REFUSALS_FILE: {
    kind: file,
    default: null,
    meaning: "[taught refusals](first-day.md#teach-its-refusals), a list in JSON; read again when it changes",
  },
  SOCIOMILE_TRACEPARENT: {
    kind: yesOrNo,
    default: "no",
    meaning: "`yes` sends the `traceparent` of a request on to Sociomile, so that its traces can join",
  },
  DATABASE_URL: {
    kind: databaseUrl,
    development: "sqlite:.data/ledger.db",
    fromFile: true,
    meaning:
      "address of the ledger, with `?sslmode=verify-full` on another host; it may come from a file, because it may hold a password",
  },
  LEDGER_KEY: {
    kind: ledgerKeys,
    development: null,
    defaultInWords: "required; development: made",
    fromFile: true,
    meaning: "encryption keys of the ledger (`openssl rand -base64 32`); the first one encrypts, all decrypt",
  },
  LEDGER_MIGRATE: {
    kind: oneOf("start", "command"),
    default: "start",
    meaning:
      "what makes the ledger's tables and brings them to the form of a new version: the `start` of a replica, or the `command` `operator migrate`, without which a start then is refused",
  },
  DELIVERY_MAX_QUEUED: {
    kind: wholeNumber(0, 1_000_000),
    default: 10_000,
    meaning:
      "most requests that wait for later delivery, half of them of one client beside others; 0 switches it off",
  },
  DELIVERY_HOURS: {
    kind: wholeNumber(1, 24 * 30),
    default: 72,
    meaning: "time after which a request that waits for delivery expires",
  },
  SUBMISSION_RETENTION_DAYS: {
    kind: days,
    default: 30,
    meaning:
      "retention of submissions that ended without a ticket, and their idempotency keys; doubts are kept for ever",
  },
  TICKET_RETENTION_DAYS: {
    kind: days,
    default: 400,
    meaning: "retention of a ticket, with its submissions and their keys, after the last that is known of it",
  },
  AUTH: {
    kind: oneOf("on", "router", "off"),
    defaultBy: (known: Known) => (mayServeAnyone(known) ? "off" : "on"),
    defaultInWords: "`on`; development on loopback: `off`",
    meaning: "`on`: access tokens are checked; `router`: the router names callers; `off`: neither, see below",
  },
  ROUTER_SECRET: {
    kind: routerSecrets,
    isNeeded: ({ AUTH }: Known) => AUTH !== "off",
    fromFile: true,
    meaning: "accepted values of the header `Router-Authorization`; its file is read again when it changes",
  },
  AUTH_ALLOW_HTTP: {
    kind: yesOrNo,
    default: "no",
    meaning: "`yes` allows plain http to a key set inside the cluster",
  },
  AUTH_JWKS_URL: {
    kind: serviceUrl("loopback", { http: "all", setting: "AUTH_ALLOW_HTTP" }),
    ...FOR_TOKENS,
    meaning: "address of the token issuer's key set",
  },
  AUTH_ISSUER: { kind: text, ...FOR_TOKENS, meaning: "`iss` of access tokens" },
  AUTH_AUDIENCE: { kind: text, ...FOR_TOKENS, meaning: "`aud` of access tokens" },
  AUTH_CLIENT_CLAIM: {
    kind: text,
    default: null,
    defaultInWords: "`azp`, then `client_id`",
    meaning: "claim of access tokens that names the application, such as `cid` (Okta) or `appid` (Entra)",
  },
  IDEMPOTENCY_KEYS: {
    kind: oneOf("optional", "required"),
    default: "optional",
    meaning:
      "`required` refuses creates without an idempotency key; the metric `sociomile_creates_without_key_total` tells who sends them",
  },
  MAX_IN_FLIGHT: {
    kind: count,
    default: 200,
    meaning: "requests at once, at most three quarters of them for one client; further ones get 503",
  },
  CORS_ORIGINS: {
    kind: origins,
    default: [],
    // Allows Apollo Studio, and every page that this machine serves.
    development: ["https://studio.apollographql.com", "http://localhost:*", "http://127.0.0.1:*"],
    defaultInWords: "none; development: Apollo Studio and localhost",
    meaning: "origins whose pages may call from a browser; `*` stands for any port",
  },
  DRAIN_LAG_MS: {
    kind: wholeNumber(0, 60_000),
    default: 5000,
    development: 0,
    meaning:
      "time for which the port serves after readiness has turned red; the platform must wait 25 s longer before it kills",
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    kind: serviceUrl("all"),
    default: null,
    meaning: "OTLP address (HTTP) for traces, usually of the agent beside the service",
  },
  OTEL_TRACES_SAMPLER: {
    kind: oneOf(
      "parentbased_traceidratio",
      "parentbased_always_on",
      "parentbased_always_off",
      "traceidratio",
      "always_on",
      "always_off",
    ),
    default: "parentbased_traceidratio",
    meaning: "choice of traces: `parentbased_…` keeps to the router's, and chooses only where it sends none",
  },
  OTEL_TRACES_SAMPLER_ARG: {
    kind: share,
    default: 1,
    meaning: "share of the traces that `…traceidratio` chooses",
  },
  OTEL_EXPORTER_OTLP_COMPRESSION: {
    kind: oneOf("gzip", "none"),
    default: "gzip",
    meaning: "form in which traces are sent",
  },
  LOG_LEVEL: {
    kind: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: "info",
    meaning: "least severe level that is logged",
  },
  LOG_FORMAT: {
    kind: oneOf("json", "pretty"),
    defaultBy: ({ APP_MODE, isTerminal }: Known) =>
      APP_MODE === "development" && isTerminal ? "pretty" : "json",
    defaultInWords: "`json`; development on a terminal: `pretty`",
    meaning: "form of the log: lines of JSON, or lines for people, in development only",
  },
  SANDBOX_PORT: { kind: port, default: 4002, meaning: "development: port of the sandbox" },
});

type Settings = typeof SETTINGS;
export type SettingName = keyof Settings;
/** Type of a setting's value. Null only where a default is null, or where the setting may be needless. */
export type ValueOf<Name extends SettingName> =
  | Exclude<ReturnType<Settings[Name]["kind"]["parse"]>, undefined>
  | (Settings[Name] extends { default: null } | { development: null } | { isNeeded: unknown } ? null : never);

/** Fails to compile when a default is no value of the setting's kind. */
function checked<
  const Table extends {
    [Name in keyof Table]: Table[Name] extends { kind: Kind<infer Value> } ? Setting<Value> : never;
  },
>(table: Table): Table {
  return table;
}
