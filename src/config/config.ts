import { type FileChange, createSource, lineIn, textIn } from "./files.ts";
import { unsafeNodeSettings } from "./node-settings.ts";
import {
  type Environment,
  type Known,
  SETTINGS,
  type Setting,
  type Values,
  mayServeAnyone,
  variableIn,
} from "./settings.ts";
import { tlsFault } from "./setting-types.ts";
import { mistakeInTls } from "./tls.ts";

/** Duration of a lease. Not a setting, because replicas must agree on it. Milliseconds. */
export const LEASE_MS = 30_000;

/** Every setting by its name, and facts beside them. readConfig checks that needed ones are there. */
export interface Config extends Values {
  /** Duration of a lease, in milliseconds: longer than any call to the vendor takes. */
  readonly leaseMs: number;
  /** True in production when the connection to the ledger leaves this machine without TLS. */
  readonly ledgerIsInClear: boolean;
  /** Names of variables that look like a setting but are unknown. */
  readonly unknownSettings: readonly string[];
}

/** Settings that cannot be used. Its message names all of them at once, without their values. */
export class UnusableSettings extends Error {
  constructor(mistakes: readonly string[]) {
    super(`These settings cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join("\n")}`);
  }
}

/** Reads the settings. `isTerminal`: a person sees standard output. Throws UnusableSettings with every mistake. */
export function readConfig(
  environment: Environment = process.env,
  execArgv: readonly string[] = process.execArgv,
  isTerminal: boolean = process.stdout.isTTY,
): Config {
  const mistakes: string[] = [];
  const settings = readSettings(environment, isTerminal, mistakes);
  const { APP_MODE, AUTH, CORS_ORIGINS, DATABASE_URL, HOST, LOG_FORMAT, MANAGEMENT_HOST, MANAGEMENT_PORT, PORT } =
    settings;
  const { SOCIOMILE_BASE_URL, SOCIOMILE_PROXY_URL } = settings;
  const isProduction = APP_MODE === "production";
  if (AUTH === "off" && !mayServeAnyone(settings))
    mistakes.push("AUTH may be off only in development, on a loopback HOST");
  if (CORS_ORIGINS.length > 0 && isProduction)
    mistakes.push("CORS_ORIGINS may be set only in development: in production browsers call the router");
  if (LOG_FORMAT === "pretty" && isProduction) mistakes.push("LOG_FORMAT may be pretty only in development");
  if (PORT !== 0 && PORT === MANAGEMENT_PORT && HOST === MANAGEMENT_HOST)
    mistakes.push("PORT and MANAGEMENT_PORT must differ");
  if (SOCIOMILE_PROXY_URL !== null && !/^https:/i.test(SOCIOMILE_BASE_URL ?? ""))
    mistakes.push("SOCIOMILE_PROXY_URL needs a SOCIOMILE_BASE_URL of https: plain http reaches this machine alone");
  if ((settings.CONSOLE_ISSUER === null) !== (settings.CONSOLE_CLIENT_ID === null))
    mistakes.push("CONSOLE_ISSUER and CONSOLE_CLIENT_ID need each other");
  const mistakeOfTls = mistakeInTls(settings);
  if (mistakeOfTls !== null) mistakes.push(mistakeOfTls);
  if (isProduction) mistakes.push(...unsafeNodeSettings(environment, execArgv));
  const fault = isProduction ? tlsFault(DATABASE_URL, environment) : null;
  if (fault === "blind") mistakes.push("DATABASE_URL must not trust every server: use sslmode=verify-full");
  if (mistakes.length > 0) throw new UnusableSettings(mistakes);
  return Object.freeze({
    ...settings,
    leaseMs: LEASE_MS,
    ledgerIsInClear: fault === "clear",
    unknownSettings: unknownIn(environment),
  });
}

/** File of the ledger key that `npm run dev` makes. */
export const MADE_LEDGER_KEY = ".data/ledger.key";

/** Returns what `npm run dev` brings, and every other start must be given. Throws UnusableSettings. */
export function connectionsOf(config: Config) {
  const { SOCIOMILE_BASE_URL: baseUrl, SOCIOMILE_CLIENT_SECRET_KEY: secretKey, LEDGER_KEY: keys } = config;
  const missing = { SOCIOMILE_BASE_URL: baseUrl, LEDGER_KEY: keys };
  if (baseUrl !== null && secretKey !== null && keys !== null) return { baseUrl, secretKey, keys };
  throw new UnusableSettings(
    Object.entries(missing).flatMap(([name, value]) =>
      value === null ? `${name} is missing. To start without it, use \`npm run dev\`` : [],
    ),
  );
}

/** Settings of the ledger. */
export function ledgerSettingsOf(config: Config) {
  return {
    leaseMs: config.leaseMs,
    queue: { max: config.DELIVERY_MAX_QUEUED, deliverWithinMs: config.DELIVERY_HOURS * 3_600_000 },
    retention: { submissionDays: config.SUBMISSION_RETENTION_DAYS, ticketDays: config.TICKET_RETENTION_DAYS },
    migrates: config.LEDGER_MIGRATE,
  };
}

const MAX_REFUSALS_BYTES = 256 * 1024;

/**
 * Returns a function that gives the text of the known refusals, read again when their file changes; null: no file.
 * `mistakeIn` returns the sentence about an unusable text. Throws UnusableSettings with it; later the last good text stays.
 */
export function createRefusalsSource(
  { SOCIOMILE_REFUSALS_FILE: file }: Config,
  mistakeIn: (text: string) => string | null,
  onChange: (change: FileChange) => void = () => {},
): () => string | null {
  if (file === null) return () => null;
  const text = textIn(file, MAX_REFUSALS_BYTES);
  const mistake = text === null ? "must name a file of at most 256 KiB that can be read" : mistakeIn(text);
  if (text === null || mistake !== null) throw new UnusableSettings([`SOCIOMILE_REFUSALS_FILE ${mistake}`]);
  return createSource(
    text,
    () => textIn(file, MAX_REFUSALS_BYTES),
    (found) => mistakeIn(found) === null,
    onChange,
  );
}

/** First words of settings' names that others use too. */
const NOT_OURS_ALONE = new Set(["APP", "DATABASE", "HOST", "LOG", "MAX", "OTEL", "PORT"]);
const OURS = new Set(Object.keys(SETTINGS).map((name) => name.split("_")[0]!)).difference(NOT_OURS_ALONE);
const BEGINS_LIKE_OURS = new RegExp(`^(?:${[...OURS].join("|")})_`);
/** Variables that Kubernetes sets for services, which may be named `router` or `sociomile-subgraph`. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)|_PORT(?:$|_\d)/;

/** Reads every setting of the table. Adds each mistake to `mistakes`, without the value, and goes on with the default. */
function readSettings(environment: Environment, isTerminal: boolean, mistakes: string[]): Values {
  const values: Record<string, unknown> = {};
  const isYes = (name: string) => values[name] === "yes";
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const known: Known = { ...(values as Values), isTerminal };
    if (setting.isNeeded?.(known) === false) {
      values[name] = null;
      continue;
    }
    const file = (setting.fromFile && variableIn(environment, `${name}_FILE`)) || null;
    const text = file === null ? variableIn(environment, name) : lineIn(file);
    const value = text && setting.type.parse(text, { file, isYes });
    values[name] = value ?? defaultOf(setting, known);
    if (text === null)
      mistakes.push(`${name}_FILE must name a file that can be read and holds one line of at most 4 KiB`);
    else if (text !== undefined && value === undefined) mistakes.push(`${name} ${setting.type.mistake}`);
    else if (values[name] === undefined) mistakes.push(`${name} is missing`);
  }
  return values as Values; // undefined only beside a mistake
}

function defaultOf({ defaultBy, development, ...others }: Setting, known: Known): unknown {
  if (defaultBy) return defaultBy(known);
  return known.APP_MODE === "development" && development !== undefined ? development : others.default;
}

/** Returns the names of variables that look like a setting but are unknown. They are probably misspelt. */
function unknownIn(environment: Environment): readonly string[] {
  const names = new Set(
    Object.entries<Setting>(SETTINGS).flatMap(([name, { fromFile }]) => [name, fromFile && `${name}_FILE`]),
  );
  return Object.keys(environment).filter(
    (name) => BEGINS_LIKE_OURS.test(name) && !OF_KUBERNETES.test(name) && !names.has(name),
  );
}
