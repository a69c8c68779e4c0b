import {
  type Kind,
  databaseUrl,
  ledgerKeys,
  oneOf,
  origins,
  proxyUrl,
  routerSecrets,
  secret,
  serviceUrl,
  text,
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
  /** Default as docs/settings.md shows it, if it is no plain value. */
  defaultInWords?: string;
  /** True when NAME_FILE may name a file that holds the value. */
  fromFile?: boolean;
  /** Meaning for operators, in Markdown. */
  meaning: string;
}

const port = wholeNumber(0, 65_535);
const milliseconds = wholeNumber(1, 60_000);
const days = wholeNumber(1, 3650);
const count = wholeNumber(1, 10_000);

/** Every setting of the service. The configuration is read from this table, and the table of docs/settings.md is written from it. */
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
    meaning: "address of `/graphql`, `/livez` and `/readyz`",
  },
  PORT: {
    kind: port,
    default: 4001,
    meaning: "port of `/graphql`, `/livez` and `/readyz`; 0 takes any free one",
  },
  MANAGEMENT_HOST: {
    kind: text,
    default: null,
    defaultInWords: "as `HOST`",
    meaning: "address of `/metrics`, `/livez` and `/readyz`",
  },
  MANAGEMENT_PORT: {
    kind: port,
    default: 9464,
    meaning: "port of `/metrics`, `/livez` and `/readyz`; 0 takes any free one",
  },
  SOCIOMILE_BASE_URL: {
    kind: serviceUrl("none", { http: "loopback", setting: "SOCIOMILE_ALLOW_HTTP" }),
    defaultInWords: "required; development: the sandbox",
    meaning: "address of Sociomile, without the paths of its two endpoints, which the service appends",
  },
  SOCIOMILE_CLIENT_SECRET_KEY: {
    kind: secret,
    defaultInWords: "required; development with the sandbox: made",
    fromFile: true,
    meaning: "Sociomile's secret; its file is read again when it changes",
  },
  SOCIOMILE_ALLOW_HTTP: {
    kind: yesOrNo,
    default: "no",
    meaning: "`yes` allows plain http to a Sociomile on loopback, for tests in production mode",
  },
  SOCIOMILE_PROXY_URL: {
    kind: proxyUrl,
    default: null,
    defaultInWords: "none",
    fromFile: true,
    meaning: "HTTP proxy through which Sociomile is reached, probes included; read at the start",
  },
  SOCIOMILE_TIME_ZONE: {
    kind: timeZone,
    default: "Asia/Makassar",
    meaning: "time zone of Sociomile's wall-clock times",
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
  DELIVERY_MAX_QUEUED: {
    kind: wholeNumber(0, 1_000_000),
    default: 10_000,
    meaning: "most requests that wait for later delivery; 0 switches it off",
  },
  DELIVERY_HOURS: {
    kind: wholeNumber(1, 24 * 30),
    default: 72,
    meaning: "time after which a request that waits for delivery expires",
  },
  SUBMISSION_RETENTION_DAYS: {
    kind: days,
    default: 30,
    meaning: "retention of settled submissions and their idempotency keys; doubts are kept for ever",
  },
  TICKET_RETENTION_DAYS: {
    kind: days,
    default: 400,
    meaning: "retention of a ticket after it was last observed",
  },
  ROUTER_SECRET: {
    kind: routerSecrets,
    fromFile: true,
    meaning: "accepted values of the header `Router-Authorization`; its file is read again when it changes",
  },
  AUTH: {
    kind: oneOf("on", "router", "off"),
    default: "on",
    development: "off",
    defaultInWords: "`on`; development on loopback: `off`",
    meaning: "`on`: access tokens are checked; `router`: the router names callers; `off`: neither, see below",
  },
  AUTH_JWKS_URL: {
    kind: serviceUrl("loopback", { http: "all", setting: "AUTH_ALLOW_HTTP" }),
    defaultInWords: "required with `AUTH=on`",
    meaning: "address of the token issuer's key set",
  },
  AUTH_ALLOW_HTTP: {
    kind: yesOrNo,
    default: "no",
    meaning: "`yes` allows plain http to a key set inside the cluster",
  },
  AUTH_ISSUER: {
    kind: text,
    defaultInWords: "required with `AUTH=on`",
    meaning: "`iss` of access tokens",
  },
  AUTH_AUDIENCE: {
    kind: text,
    defaultInWords: "required with `AUTH=on`",
    meaning: "`aud` of access tokens",
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
    meaning: "time for which the port serves after readiness has turned red",
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    kind: serviceUrl("all"),
    default: null,
    defaultInWords: "none",
    meaning: "OTLP address (HTTP) for traces, usually of the agent beside the service",
  },
  LOG_LEVEL: {
    kind: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: "info",
    meaning: "least severe level that is logged",
  },
  LOG_FORMAT: {
    kind: oneOf("json", "pretty"),
    default: "json",
    defaultInWords: "`json`; development on a terminal: `pretty`",
    meaning: "form of the log: lines of JSON, or lines for people, in development only",
  },
  SANDBOX_PORT: { kind: port, default: 4002, meaning: "development: port of the sandbox" },
});

export type Settings = typeof SETTINGS;
export type SettingName = keyof Settings;
/** Type of a setting's value. Null only where a default is null. */
export type ValueOf<Name extends SettingName> =
  | ReturnType<Settings[Name]["kind"]["parse"]>
  | (Settings[Name] extends { default: null } | { development: null } ? null : never);

/** Fails to compile when a default is no value of the setting's kind. */
function checked<
  const Table extends {
    [Name in keyof Table]: Table[Name] extends { kind: Kind<infer Value> } ? Setting<Value> : never;
  },
>(table: Table): Table {
  return table;
}
