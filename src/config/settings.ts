import {
  type SettingType,
  databaseUrl,
  graphqlUrl,
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
} from "./setting-types.ts";

export interface Setting<Value = unknown> {
  type: SettingType<Value>;
  /** Value where the environment has none. Null: the setting may be absent. Undefined: it is required. */
  default?: Value | null;
  /** Default in development mode, if it differs. */
  development?: Value | null;
  /** Default that depends on more than the mode. */
  defaultBy?: (known: Known) => Value;
  /** False where others make the setting needless. Then it is not read, and its value is null. */
  isNeeded?: (known: Known) => boolean;
  /** True when NAME_FILE may name a file that holds the value. */
  fromFile?: boolean;
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

const checksTokens = ({ AUTH }: Known) => AUTH === "on";

const file: SettingType<string> = { ...text, description: "a file" };
const port = wholeNumber(0, 65_535);
const milliseconds = wholeNumber(1, 60_000);
const days = wholeNumber(1, 3650);
const count = wholeNumber(1, 10_000);
const SAMPLERS = [
  "parentbased_traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "traceidratio",
  "always_on",
  "always_off",
] as const;

/** Every setting of the service, read from top to bottom. `npm run settings` writes it into docs/settings.md. */
export const SETTINGS = checked({
  APP_MODE: { type: oneOf("production", "development"), default: "production" },
  HOST: { type: text, default: "0.0.0.0", development: "127.0.0.1" },
  PORT: { type: port, default: 4001 },
  MANAGEMENT_HOST: { type: text, defaultBy: ({ HOST }: Known) => HOST },
  MANAGEMENT_PORT: { type: port, default: 9464 },
  TLS_CERT_FILE: { type: file, default: null },
  TLS_KEY_FILE: { type: file, default: null },
  TLS_CLIENT_CA_FILE: { type: file, default: null },

  SOCIOMILE_ALLOW_HTTP: { type: yesOrNo, default: "no", development: "yes" },
  SOCIOMILE_BASE_URL: {
    type: serviceUrl(
      "http on loopback with SOCIOMILE_ALLOW_HTTP=yes",
      (host, isYes) => isLoopback(host) && isYes("SOCIOMILE_ALLOW_HTTP"),
    ),
    development: null, // the sandbox
  },
  SOCIOMILE_CLIENT_SECRET_KEY: {
    type: secret,
    isNeeded: ({ SOCIOMILE_BASE_URL }: Known) => SOCIOMILE_BASE_URL !== null,
    fromFile: true,
  },
  SOCIOMILE_PROXY_URL: { type: proxyUrl, default: null, fromFile: true },
  SOCIOMILE_TIME_ZONE: { type: timeZone, default: "Asia/Makassar" },
  SOCIOMILE_TICKET_URL: { type: ticketUrl, default: null },
  // The ledger needs up to a second before and after, so a request still ends within its 12 s.
  SOCIOMILE_TIMEOUT_MS: { type: wholeNumber(100, 10_000), default: 8000 },
  SOCIOMILE_CONNECT_TIMEOUT_MS: { type: milliseconds, default: 2000 },
  SOCIOMILE_KEEP_ALIVE_MS: { type: milliseconds, default: 1000 },
  SOCIOMILE_MAX_CONCURRENT: { type: count, default: 64 },
  SOCIOMILE_REFUSALS_FILE: { type: file, default: null },
  SOCIOMILE_TRACEPARENT: { type: yesOrNo, default: "no" },

  DATABASE_URL: { type: databaseUrl, development: "sqlite:.data/ledger.db", fromFile: true },
  LEDGER_KEY: { type: ledgerKeys, development: null /* made */, fromFile: true },
  LEDGER_MIGRATE: { type: oneOf("start", "command"), default: "start" },
  DELIVERY_MAX_QUEUED: { type: wholeNumber(0, 1_000_000), default: 10_000 },
  DELIVERY_HOURS: { type: wholeNumber(1, 24 * 30), default: 72 },
  SUBMISSION_RETENTION_DAYS: { type: days, default: 30 },
  TICKET_RETENTION_DAYS: { type: days, default: 400 },

  AUTH: { type: oneOf("on", "router", "off"), defaultBy: (known: Known) => (mayServeAnyone(known) ? "off" : "on") },
  ROUTER_SECRET: { type: routerSecrets, isNeeded: ({ AUTH }: Known) => AUTH !== "off", fromFile: true },
  AUTH_ALLOW_HTTP: { type: yesOrNo, default: "no" },
  AUTH_JWKS_URL: {
    type: serviceUrl(
      "http on loopback, http with AUTH_ALLOW_HTTP=yes",
      (host, isYes) => isLoopback(host) || isYes("AUTH_ALLOW_HTTP"),
    ),
    isNeeded: checksTokens,
  },
  AUTH_ISSUER: { type: text, isNeeded: checksTokens },
  AUTH_AUDIENCE: { type: text, isNeeded: checksTokens },
  AUTH_CLIENT_CLAIM: { type: text, default: null },
  AUTH_PERSON_CLAIM: { type: text, default: "sub" },

  CONSOLE_ISSUER: { type: serviceUrl("http on loopback", isLoopback), default: null },
  CONSOLE_CLIENT_ID: { type: text, default: null },
  CONSOLE_SCOPES: { type: text, default: "openid offline_access submission:read submission:resolve ticket:read" },
  CONSOLE_GRAPHQL_URL: { type: graphqlUrl, default: "/graphql" },

  MAX_IN_FLIGHT: { type: count, default: 200 },
  CORS_ORIGINS: {
    type: origins,
    default: [],
    // Allows Apollo Studio, and every page that this machine serves.
    development: ["https://studio.apollographql.com", "http://localhost:*", "http://127.0.0.1:*"],
  },
  DRAIN_LAG_MS: { type: wholeNumber(0, 60_000), default: 5000, development: 0 },

  OTEL_EXPORTER_OTLP_ENDPOINT: { type: serviceUrl("http", () => true), default: null },
  OTEL_TRACES_SAMPLER: { type: oneOf(...SAMPLERS), default: "parentbased_traceidratio" },
  OTEL_TRACES_SAMPLER_ARG: { type: share, default: 1 },
  OTEL_EXPORTER_OTLP_COMPRESSION: { type: oneOf("gzip", "none"), default: "gzip" },
  LOG_LEVEL: { type: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"), default: "info" },
  LOG_FORMAT: {
    type: oneOf("json", "pretty"),
    defaultBy: ({ APP_MODE, isTerminal }: Known) => (APP_MODE === "development" && isTerminal ? "pretty" : "json"),
  },
  SANDBOX_PORT: { type: port, default: 4002 },
});

type Settings = typeof SETTINGS;
type SettingName = keyof Settings;
export type Values = { readonly [Name in SettingName]: ValueOf<Name> };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the text of a variable, or undefined when it is not set or blank. */
export function variableIn(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** Type of a setting's value. Null only where a default is null, or where the setting may be needless. */
type ValueOf<Name extends SettingName> =
  | Exclude<ReturnType<Settings[Name]["type"]["parse"]>, undefined>
  | (Settings[Name] extends { default: null } | { development: null } | { isNeeded: unknown } ? null : never);

/** Fails to compile when a default is no value of the setting's type. */
function checked<
  const Table extends {
    [Name in keyof Table]: Table[Name] extends { type: SettingType<infer Value> } ? Setting<Value> : never;
  },
>(table: Table): Table {
  return table;
}
