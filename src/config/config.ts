import { type Secret, isInClear, isLoopback } from "./kinds.ts";
import { type Environment, SettingsReader } from "./settings-reader.ts";
import type { ValueOf } from "./settings.ts";

/** Duration of a lease. Not a setting, because replicas must agree on it. Milliseconds. */
export const LEASE_MS = 30_000;

export interface Config {
  mode: "production" | "development";
  host: string;
  port: number;
  management: { host: string; port: number };
  logLevel: ValueOf<"LOG_LEVEL">;
  logFormat: ValueOf<"LOG_FORMAT">;
  sociomile: {
    /** Null: the sandbox stands in for Sociomile. */
    vendor: { baseUrl: string; clientSecretKey: Secret } | null;
    /** HTTP proxy on the way to Sociomile, which may hold credentials; null: none. */
    proxyUrl: string | null;
    timeZone: string;
    timeoutMs: number;
    connectTimeoutMs: number;
    keepAliveMs: number;
    maxConcurrent: number;
    /** True when the trace context of a request goes on to Sociomile. */
    sendsTraceParent: boolean;
  };
  ledger: {
    /** `sqlite:PATH` or `postgres://…`. */
    url: string;
    /** True in production when the connection leaves this machine without TLS. */
    isInClear: boolean;
    /** Null: a key is made at the first start, and kept beside the data. */
    keys: readonly Uint8Array[] | null;
    submissionRetentionDays: number;
    ticketRetentionDays: number;
    /** Duration of a lease, in milliseconds: longer than any call to the vendor takes. */
    leaseMs: number;
    /** Treatment of a create that Sociomile answers with the ticket id of another submission. */
    repeatedTicketIds: ValueOf<"SOCIOMILE_REPEATED_TICKET_IDS">;
    /** Most requests that wait for later delivery; 0 switches it off. */
    maxQueued: number;
    /** Hours after which a request that waits for delivery expires. */
    deliveryHours: number;
  };
  /** Null: every caller may do everything. */
  auth: {
    /** One or two secrets, comma separated. */
    routerSecret: Secret;
    /** Null: the router authenticates callers, and names them in headers. */
    tokens: { jwksUrl: string; issuer: string; audience: string } | null;
  } | null;
  /** Origins whose pages may call from a browser; a `*` stands for any port. */
  corsOrigins: readonly string[];
  /** OTLP address for traces; null: no traces. */
  tracesEndpoint: string | null;
  maxInFlight: number;
  /** Time for which the port serves after readiness has turned red, in milliseconds. */
  drainLagMs: number;
  sandboxPort: number;
  /** Names of variables that begin like a setting but are not settings. */
  unknownSettings: readonly string[];
}

/** Settings that cannot be used. Its message names all of them at once, without their values. */
export class UnusableSettings extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`These settings cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/**
 * Reads the settings. `execArgv` are Node's own arguments; `isTerminal` is true when a person sees standard output. Throws
 * UnusableSettings with every mistake.
 */
export function readConfig(
  environment: Environment = process.env,
  execArgv: readonly string[] = process.execArgv,
  isTerminal: boolean = process.stdout.isTTY,
): Readonly<Config> {
  const settings = new SettingsReader(environment);
  const host = settings.read("HOST");
  const databaseUrl = settings.read("DATABASE_URL");
  const config: Config = {
    mode: settings.read("APP_MODE"),
    host,
    port: settings.read("PORT"),
    management: {
      host: settings.read("MANAGEMENT_HOST") ?? host,
      port: settings.read("MANAGEMENT_PORT"),
    },
    logLevel: settings.read("LOG_LEVEL"),
    logFormat: readLogFormat(settings, isTerminal),
    sociomile: {
      vendor: readVendor(settings),
      proxyUrl: settings.read("SOCIOMILE_PROXY_URL"),
      timeZone: settings.read("SOCIOMILE_TIME_ZONE"),
      timeoutMs: settings.read("SOCIOMILE_TIMEOUT_MS"),
      connectTimeoutMs: settings.read("SOCIOMILE_CONNECT_TIMEOUT_MS"),
      keepAliveMs: settings.read("SOCIOMILE_KEEP_ALIVE_MS"),
      maxConcurrent: settings.read("SOCIOMILE_MAX_CONCURRENT"),
      sendsTraceParent: settings.read("SOCIOMILE_TRACEPARENT") === "yes",
    },
    ledger: {
      url: databaseUrl,
      isInClear: isLedgerInClear(settings, databaseUrl),
      keys: settings.read("LEDGER_KEY"),
      submissionRetentionDays: settings.read("SUBMISSION_RETENTION_DAYS"),
      ticketRetentionDays: settings.read("TICKET_RETENTION_DAYS"),
      leaseMs: LEASE_MS,
      repeatedTicketIds: settings.read("SOCIOMILE_REPEATED_TICKET_IDS"),
      maxQueued: settings.read("DELIVERY_MAX_QUEUED"),
      deliveryHours: settings.read("DELIVERY_HOURS"),
    },
    auth: readAuth(settings, host),
    corsOrigins: settings.read("CORS_ORIGINS"),
    tracesEndpoint: settings.read("OTEL_EXPORTER_OTLP_ENDPOINT"),
    maxInFlight: settings.read("MAX_IN_FLIGHT"),
    drainLagMs: settings.read("DRAIN_LAG_MS"),
    sandboxPort: settings.read("SANDBOX_PORT"),
    unknownSettings: settings.unknownNames,
  };
  const { port, management } = config;
  if (port !== 0 && port === management.port && host === management.host)
    settings.mistakes.push("PORT and MANAGEMENT_PORT must differ");
  const mistakes = [...settings.mistakes, ...unsafeNodeSettings(settings, execArgv)];
  if (mistakes.length > 0) throw new UnusableSettings(mistakes);
  return Object.freeze(config);
}

function readLogFormat(settings: SettingsReader, isTerminal: boolean): Config["logFormat"] {
  const byDefault = settings.isDevelopment && isTerminal ? "pretty" : "json";
  const format = settings.read("LOG_FORMAT", { byDefault });
  if (format === "pretty" && !settings.isDevelopment)
    settings.mistakes.push("LOG_FORMAT may be pretty only in development");
  return format;
}

function isLedgerInClear(settings: SettingsReader, databaseUrl: string): boolean {
  if (settings.isDevelopment || settings.mistakes.length > 0) return false; // after a mistake there may be no address
  return isInClear(databaseUrl, settings.environmentText("PGSSLMODE"));
}

function readVendor(settings: SettingsReader): Config["sociomile"]["vendor"] {
  const allowHttp = settings.read("SOCIOMILE_ALLOW_HTTP") === "yes" || settings.isDevelopment;
  if (settings.isDevelopment && settings.environmentText("SOCIOMILE_BASE_URL") === undefined) return null;
  return {
    baseUrl: settings.read("SOCIOMILE_BASE_URL", { allowHttp }),
    clientSecretKey: settings.read("SOCIOMILE_CLIENT_SECRET_KEY"),
  };
}

function readAuth(settings: SettingsReader, host: string): Config["auth"] {
  const mayBeOff = settings.isDevelopment && isLoopback(host);
  const auth = settings.read("AUTH", { byDefault: mayBeOff ? "off" : "on" });
  if (auth === "off") {
    if (!mayBeOff) settings.mistakes.push("AUTH may be off only in development, on a loopback HOST");
    return null;
  }
  return {
    routerSecret: settings.read("ROUTER_SECRET"),
    tokens: auth === "router" ? null : readTokens(settings),
  };
}

function readTokens(settings: SettingsReader) {
  return {
    jwksUrl: settings.read("AUTH_JWKS_URL", { allowHttp: settings.read("AUTH_ALLOW_HTTP") === "yes" }),
    issuer: settings.read("AUTH_ISSUER"),
    audience: settings.read("AUTH_AUDIENCE"),
  };
}

/** Mistakes in Node's own settings: those that print secrets, open the process to others or switch certificates off. */
function unsafeNodeSettings(settings: SettingsReader, execArgv: readonly string[]): string[] {
  if (settings.isDevelopment) return [];
  const options = [...execArgv, settings.environmentText("NODE_OPTIONS") ?? ""];
  const unsafe: [mistake: string, isMade: boolean][] = [
    [
      "NODE_DEBUG must not be set: it prints URLs with secrets",
      settings.environmentText("NODE_DEBUG") !== undefined,
    ],
    [
      "--inspect must not be on: it opens the process to anybody who connects",
      options.some((option) => option.includes("--inspect")),
    ],
    [
      "NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches certificates off",
      settings.environmentText("NODE_TLS_REJECT_UNAUTHORIZED") === "0",
    ],
  ];
  return unsafe.filter(([, isMade]) => isMade).map(([mistake]) => mistake);
}
