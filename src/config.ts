import { readFileSync } from "node:fs";

/** The defaults of settings; the README's table agrees with them by a test. */
export const DEFAULTS = {
  PORT: 4001,
  SOCIOMILE_TIME_ZONE: "Asia/Makassar",
  SOCIOMILE_TIMEOUT_MS: 8000,
  SOCIOMILE_CONNECT_TIMEOUT_MS: 2000,
  SOCIOMILE_KEEP_ALIVE_MS: 1000,
  SOCIOMILE_MAX_CONCURRENT: 64,
  DATABASE_URL: "sqlite:.data/ledger.db",
  SUBMISSION_RETENTION_DAYS: 30,
  TICKET_RETENTION_DAYS: 400,
  LOG_LEVEL: "info",
  SANDBOX_PORT: 4002,
} as const;

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const PLACEHOLDERS = new Set(["changeme", "change-me", "placeholder", "secret"]);

export type Mode = "production" | "development";

export interface Config {
  mode: Mode;
  host: string;
  port: number;
  logLevel: string;
  sociomile: {
    /** Null: the sandbox stands in for the vendor. */
    vendor: { baseUrl: string; clientSecretKey: string } | null;
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
  sandboxPort: number;
}

/** The lease of a claim. Not a setting: replicas must agree on it. Milliseconds. */
export const LEASE_MS = 30_000;
/** The size of a ledger key, in bytes. */
const LEDGER_KEY_BYTES = 32;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that cannot be used: all of them at once, by name, and no value. */
export class UnusableSettings extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`These settings cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/** Reads the settings. Throws UnusableSettings with every mistake. */
export function readConfig(environment: Environment): Readonly<Config> {
  const read = new Settings(environment);
  const mode = read.oneOf("APP_MODE", ["production", "development"], "production") as Mode;
  const development = mode === "development";
  const config: Config = {
    mode,
    host: read.text("HOST") ?? (development ? "127.0.0.1" : "0.0.0.0"),
    port: read.whole("PORT", DEFAULTS.PORT, 0, 65_535),
    logLevel: read.oneOf("LOG_LEVEL", LOG_LEVELS, DEFAULTS.LOG_LEVEL),
    sociomile: {
      vendor: read.vendor(development),
      timeZone: read.timeZone("SOCIOMILE_TIME_ZONE", DEFAULTS.SOCIOMILE_TIME_ZONE),
      timeoutMs: read.whole("SOCIOMILE_TIMEOUT_MS", DEFAULTS.SOCIOMILE_TIMEOUT_MS, 100, 60_000),
      connectTimeoutMs: read.whole(
        "SOCIOMILE_CONNECT_TIMEOUT_MS",
        DEFAULTS.SOCIOMILE_CONNECT_TIMEOUT_MS,
        100,
        60_000,
      ),
      keepAliveMs: read.whole("SOCIOMILE_KEEP_ALIVE_MS", DEFAULTS.SOCIOMILE_KEEP_ALIVE_MS, 1, 60_000),
      maxConcurrent: read.whole("SOCIOMILE_MAX_CONCURRENT", DEFAULTS.SOCIOMILE_MAX_CONCURRENT, 1, 10_000),
    },
    ledger: {
      url: read.databaseUrl(development),
      keys: read.ledgerKeys(development),
      submissionRetentionDays: read.whole(
        "SUBMISSION_RETENTION_DAYS",
        DEFAULTS.SUBMISSION_RETENTION_DAYS,
        1,
        3650,
      ),
      ticketRetentionDays: read.whole("TICKET_RETENTION_DAYS", DEFAULTS.TICKET_RETENTION_DAYS, 1, 3650),
      leaseMs: LEASE_MS,
    },
    sandboxPort: read.whole("SANDBOX_PORT", DEFAULTS.SANDBOX_PORT, 0, 65_535),
  };
  if (read.mistakes.length > 0) throw new UnusableSettings(read.mistakes);
  return Object.freeze(config);
}

/** One reader a kind of setting; each notes its mistake and goes on. */
class Settings {
  readonly mistakes: string[] = [];

  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Set and not empty, or undefined. */
  text(name: string): string | undefined {
    return this.#environment[name]?.trim() || undefined;
  }

  whole(name: string, byDefault: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return byDefault;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    this.mistakes.push(`${name} must be a whole number from ${least} to ${most}`);
    return byDefault;
  }

  oneOf(name: string, allowed: readonly string[], byDefault: string): string {
    const text = this.text(name) ?? byDefault;
    if (!allowed.includes(text)) this.mistakes.push(`${name} must be one of ${allowed.join(", ")}`);
    return text;
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["yes", "no"], "no") === "yes";
  }

  timeZone(name: string, byDefault: string): string {
    const text = this.text(name) ?? byDefault;
    try {
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    } catch {
      this.mistakes.push(`${name} must be an IANA time zone`);
    }
    return text;
  }

  /** A secret, from NAME or from the file that NAME_FILE names. */
  secret(name: string): string | undefined {
    const file = this.text(`${name}_FILE`);
    const secret = file === undefined ? this.text(name) : this.secretIn(`${name}_FILE`, file);
    if (secret !== undefined && (secret.length < 8 || PLACEHOLDERS.has(secret.toLowerCase()))) {
      this.mistakes.push(`${name} must be a real secret of at least 8 characters`);
    }
    return secret;
  }

  private secretIn(name: string, file: string): string | undefined {
    try {
      return readFileSync(file, "utf8").trim() || undefined;
    } catch {
      this.mistakes.push(`${name} must name a readable file`);
      return undefined;
    }
  }

  databaseUrl(development: boolean): string {
    const url = this.text("DATABASE_URL");
    if (url === undefined && !development) this.mistakes.push("DATABASE_URL is missing");
    if (url !== undefined && !/^(?:sqlite:.|postgres(?:ql)?:\/\/)/.test(url)) {
      this.mistakes.push("DATABASE_URL must be sqlite:PATH or postgres://…");
    }
    return url ?? DEFAULTS.DATABASE_URL;
  }

  /** One or two keys, comma separated. */
  ledgerKeys(development: boolean): Uint8Array[] | null {
    const text = this.secret("LEDGER_KEY");
    if (text === undefined) {
      if (!development) this.mistakes.push("LEDGER_KEY is missing");
      return null;
    }
    const keys = text.split(",").map((key) => Buffer.from(key.trim(), "base64"));
    if (keys.length > 2 || keys.some(({ length }) => length !== LEDGER_KEY_BYTES)) {
      this.mistakes.push(
        `LEDGER_KEY must be one or two keys of ${LEDGER_KEY_BYTES} bytes in base64, comma separated`,
      );
    }
    return keys;
  }

  vendor(development: boolean): Config["sociomile"]["vendor"] {
    const allowHttp = this.flag("SOCIOMILE_ALLOW_HTTP");
    const baseUrl = this.text("SOCIOMILE_BASE_URL");
    if (baseUrl === undefined && development) return null;
    const clientSecretKey = this.secret("SOCIOMILE_CLIENT_SECRET_KEY");
    if (clientSecretKey === undefined) this.mistakes.push("SOCIOMILE_CLIENT_SECRET_KEY is missing");
    if (!isVendorUrl(baseUrl ?? "", allowHttp || development)) {
      this.mistakes.push(
        "SOCIOMILE_BASE_URL must be an https URL without query (http on loopback with SOCIOMILE_ALLOW_HTTP=yes)",
      );
    }
    return { baseUrl: baseUrl ?? "", clientSecretKey: clientSecretKey ?? "" };
  }
}

function isVendorUrl(text: string, allowHttp: boolean): boolean {
  const url = URL.parse(text);
  if (!url || url.search || url.hash || url.username || url.password) return false;
  return url.protocol === "https:" || (allowHttp && url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
