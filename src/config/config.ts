import { type Environment, type Secret, SettingsReader, isLoopback } from "./environment.ts";

/** The defaults of settings; the README's table agrees with them by a test. */
export const DEFAULTS = {
  APP_MODE: "production",
  HOST: "0.0.0.0",
  PORT: 4001,
  MANAGEMENT_PORT: 9464,
  SOCIOMILE_TIME_ZONE: "Asia/Makassar",
  SOCIOMILE_TIMEOUT_MS: 8000,
  SOCIOMILE_CONNECT_TIMEOUT_MS: 2000,
  SOCIOMILE_KEEP_ALIVE_MS: 1000,
  SOCIOMILE_MAX_CONCURRENT: 64,
  MAX_IN_FLIGHT: 200,
  SUBMISSION_RETENTION_DAYS: 30,
  TICKET_RETENTION_DAYS: 400,
  DRAIN_LAG_MS: 5000,
  LOG_LEVEL: "info",
} as const;

/** What development has where production has nothing. */
export const DEVELOPMENT_DEFAULTS = {
  HOST: "127.0.0.1",
  DATABASE_URL: "sqlite:.data/ledger.db",
  /** Apollo Studio, and any page served from this machine. */
  CORS_ORIGINS: ["https://studio.apollographql.com", "http://localhost:*", "http://127.0.0.1:*"],
  DRAIN_LAG_MS: 0,
  SANDBOX_PORT: 4002,
} as const;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** The lease of a claim. Not a setting: replicas must agree on it. Milliseconds. */
export const LEASE_MS = 30_000;
/** How long the vendor may be given: with a second for each of the ledger's two answers a request stays within its 12 s. */
const VENDOR_MS = { least: 100, most: 10_000 };
/** The size of a ledger key, in bytes. */
const LEDGER_KEY_BYTES = 32;

export interface Config {
  mode: "production" | "development";
  host: string;
  port: number;
  management: { host: string; port: number };
  logLevel: (typeof LOG_LEVELS)[number];
  sociomile: {
    /** Null: the sandbox stands in for the vendor. */
    vendor: { baseUrl: string; clientSecretKey: Secret } | null;
    timeZone: string;
    timeoutMs: number;
    connectTimeoutMs: number;
    keepAliveMs: number;
    maxConcurrent: number;
  };
  ledger: {
    /** `sqlite:PATH` or `postgres://…`. */
    url: string;
    /** Null: made beside the data at the first start. */
    keys: readonly Uint8Array[] | null;
    submissionRetentionDays: number;
    ticketRetentionDays: number;
    /** How long a claim is good for, in milliseconds: longer than any call to the vendor takes. */
    leaseMs: number;
  };
  /** Null: whoever reaches the service may do everything. */
  auth: {
    /** One or two, comma separated. */
    routerSecret: Secret;
    tokens: { jwksUrl: string; issuer: string; audience: string };
  } | null;
  /** The pages of other origins that may ask from a browser; a `*` stands for any port. */
  corsOrigins: readonly string[];
  /** Where traces are exported to; null: nowhere. */
  tracesEndpoint: string | null;
  maxInFlight: number;
  /** How long the port serves on after readiness turned red, in milliseconds. */
  drainLagMs: number;
  sandboxPort: number;
}

/** Settings that cannot be used: all of them at once, by name, and no value. */
export class UnusableSettings extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`These settings cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/** Reads the settings. `execArgv`: node's own arguments. Throws UnusableSettings with every mistake. */
export function readConfig(
  environment: Environment = process.env,
  execArgv: readonly string[] = process.execArgv,
): Readonly<Config> {
  const read = new SettingsReader(environment);
  const mode = read.oneOf("APP_MODE", ["production", "development"], DEFAULTS.APP_MODE);
  const development = mode === "development";
  const host = read.text("HOST") ?? (development ? DEVELOPMENT_DEFAULTS.HOST : DEFAULTS.HOST);
  const milliseconds = { least: 1, most: 60_000 };
  const port = { least: 0, most: 65_535 };
  const days = { least: 1, most: 3650 };
  const count = { least: 1, most: 10_000 };
  const config: Config = {
    mode,
    host,
    port: read.whole("PORT", DEFAULTS.PORT, port),
    management: {
      host: read.text("MANAGEMENT_HOST") ?? host,
      port: read.whole("MANAGEMENT_PORT", DEFAULTS.MANAGEMENT_PORT, port),
    },
    logLevel: read.oneOf("LOG_LEVEL", LOG_LEVELS, DEFAULTS.LOG_LEVEL),
    sociomile: {
      vendor: readVendor(read, development),
      timeZone: read.timeZone("SOCIOMILE_TIME_ZONE", DEFAULTS.SOCIOMILE_TIME_ZONE),
      timeoutMs: read.whole("SOCIOMILE_TIMEOUT_MS", DEFAULTS.SOCIOMILE_TIMEOUT_MS, VENDOR_MS),
      connectTimeoutMs: read.whole(
        "SOCIOMILE_CONNECT_TIMEOUT_MS",
        DEFAULTS.SOCIOMILE_CONNECT_TIMEOUT_MS,
        milliseconds,
      ),
      keepAliveMs: read.whole("SOCIOMILE_KEEP_ALIVE_MS", DEFAULTS.SOCIOMILE_KEEP_ALIVE_MS, milliseconds),
      maxConcurrent: read.whole("SOCIOMILE_MAX_CONCURRENT", DEFAULTS.SOCIOMILE_MAX_CONCURRENT, count),
    },
    ledger: {
      url: readDatabaseUrl(read, development),
      keys: readLedgerKeys(read, development),
      submissionRetentionDays: read.whole(
        "SUBMISSION_RETENTION_DAYS",
        DEFAULTS.SUBMISSION_RETENTION_DAYS,
        days,
      ),
      ticketRetentionDays: read.whole("TICKET_RETENTION_DAYS", DEFAULTS.TICKET_RETENTION_DAYS, days),
      leaseMs: LEASE_MS,
    },
    auth: readAuth(read, development, host),
    corsOrigins: read.list("CORS_ORIGINS") ?? (development ? DEVELOPMENT_DEFAULTS.CORS_ORIGINS : []),
    tracesEndpoint:
      read.text("OTEL_EXPORTER_OTLP_ENDPOINT") === undefined
        ? null
        : read.url("OTEL_EXPORTER_OTLP_ENDPOINT", { allowHttp: "anywhere" }),
    maxInFlight: read.whole("MAX_IN_FLIGHT", DEFAULTS.MAX_IN_FLIGHT, count),
    drainLagMs: read.whole("DRAIN_LAG_MS", (development ? DEVELOPMENT_DEFAULTS : DEFAULTS).DRAIN_LAG_MS, {
      least: 0,
      most: 60_000,
    }),
    sandboxPort: read.whole("SANDBOX_PORT", DEVELOPMENT_DEFAULTS.SANDBOX_PORT, port),
  };
  if (!development) read.mistakes.push(...leaks(read, execArgv));
  if (read.mistakes.length > 0) throw new UnusableSettings(read.mistakes);
  return Object.freeze(config);
}

function readVendor(read: SettingsReader, development: boolean): Config["sociomile"]["vendor"] {
  const allowHttp = read.flag("SOCIOMILE_ALLOW_HTTP") || development;
  if (development && read.text("SOCIOMILE_BASE_URL") === undefined) return null;
  return {
    baseUrl: read.url("SOCIOMILE_BASE_URL", {
      allowHttp,
      hint: allowHttp ? "http on loopback" : "http on loopback with SOCIOMILE_ALLOW_HTTP=yes",
    }),
    clientSecretKey: read.requiredSecret("SOCIOMILE_CLIENT_SECRET_KEY"),
  };
}

function readDatabaseUrl(read: SettingsReader, development: boolean): string {
  const url = read.textOrFile("DATABASE_URL") ?? (development ? DEVELOPMENT_DEFAULTS.DATABASE_URL : "");
  if (url === "") {
    if (read.text("DATABASE_URL_FILE") === undefined) read.mistakes.push("DATABASE_URL is missing");
  } else if (!/^(?:sqlite:.|postgres(?:ql)?:\/\/.)/.test(url)) {
    read.mistakes.push("DATABASE_URL must be sqlite:PATH or postgres://…");
  }
  return url;
}

function readLedgerKeys(read: SettingsReader, development: boolean): Uint8Array[] | null {
  const secret = development ? read.secret("LEDGER_KEY") : read.requiredSecret("LEDGER_KEY");
  if (!secret || secret.value === "") return null;
  const keys = secret.value.split(",").map((key) => Buffer.from(key.trim(), "base64"));
  if (keys.length > 2 || keys.some(({ length }) => length !== LEDGER_KEY_BYTES)) {
    read.mistakes.push(
      `LEDGER_KEY must be one or two keys of ${LEDGER_KEY_BYTES} bytes in base64, comma separated`,
    );
  }
  return keys;
}

function readAuth(read: SettingsReader, development: boolean, host: string): Config["auth"] {
  const off = development && isLoopback(host) ? "off" : "on";
  if (read.oneOf("AUTH", ["on", "off"], off) === "off") {
    if (off === "on") read.mistakes.push("AUTH may be off only in development, on a loopback HOST");
    return null;
  }
  const routerSecret = read.requiredSecret("ROUTER_SECRET");
  if (routerSecret.value.split(",").length > 2)
    read.mistakes.push("ROUTER_SECRET must be one or two secrets");
  return {
    routerSecret,
    tokens: {
      jwksUrl: read.url("AUTH_JWKS_URL", { allowHttp: true }),
      issuer: read.required("AUTH_ISSUER"),
      audience: read.required("AUTH_AUDIENCE"),
    },
  };
}

/** What of node's own settings would print secrets, open the process, or switch certificates off. */
function leaks(read: SettingsReader, execArgv: readonly string[]): string[] {
  const inspects = [...execArgv, read.text("NODE_OPTIONS") ?? ""].some((text) => text.includes("--inspect"));
  return [
    ...(read.text("NODE_DEBUG") === undefined
      ? []
      : ["NODE_DEBUG must not be set: it prints URLs with secrets"]),
    ...(inspects ? ["--inspect must not be on: it opens the process to whoever connects"] : []),
    ...(read.text("NODE_TLS_REJECT_UNAUTHORIZED") === "0"
      ? ["NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches certificates off"]
      : []),
  ];
}
