import { isInClear } from "./database-url.ts";
import { unsafeNodeSettings } from "./node-settings.ts";
import { type Environment, type Values, readSettings, textOf, unknownIn } from "./settings-reader.ts";
import { mayServeAnyone } from "./settings.ts";
import { mistakeInTls } from "./tls.ts";

/** Duration of a lease. Not a setting, because replicas must agree on it. Milliseconds. */
export const LEASE_MS = 30_000;

/** Every setting by its name, and facts beside them. A setting that another one makes necessary is there: readConfig checks that. */
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

/** Reads the settings. `execArgv`: Node's own arguments; `isTerminal`: a person sees standard output. Throws UnusableSettings with every mistake. */
export function readConfig(
  environment: Environment = process.env,
  execArgv: readonly string[] = process.execArgv,
  isTerminal: boolean = process.stdout.isTTY,
): Config {
  const mistakes: string[] = [];
  const settings = readSettings(environment, isTerminal, mistakes);
  const { APP_MODE, AUTH, DATABASE_URL, HOST, LOG_FORMAT, MANAGEMENT_HOST, MANAGEMENT_PORT, PORT } = settings;
  const { SOCIOMILE_BASE_URL, SOCIOMILE_PROXY_URL } = settings;
  const isProduction = APP_MODE === "production";
  if (AUTH === "off" && !mayServeAnyone(settings))
    mistakes.push("AUTH may be off only in development, on a loopback HOST");
  if (LOG_FORMAT === "pretty" && isProduction) mistakes.push("LOG_FORMAT may be pretty only in development");
  if (PORT !== 0 && PORT === MANAGEMENT_PORT && HOST === MANAGEMENT_HOST)
    mistakes.push("PORT and MANAGEMENT_PORT must differ");
  if (SOCIOMILE_PROXY_URL !== null && !/^https:/i.test(SOCIOMILE_BASE_URL ?? ""))
    mistakes.push(
      "SOCIOMILE_PROXY_URL needs a SOCIOMILE_BASE_URL of https: plain http reaches this machine alone",
    );
  const mistakeOfTls = mistakeInTls(settings);
  if (mistakeOfTls !== null) mistakes.push(mistakeOfTls);
  if (isProduction) mistakes.push(...unsafeNodeSettings(environment, execArgv));
  if (mistakes.length > 0) throw new UnusableSettings(mistakes);
  return Object.freeze({
    ...settings,
    leaseMs: LEASE_MS,
    ledgerIsInClear: isProduction && isInClear(DATABASE_URL, textOf(environment, "PGSSLMODE")),
    unknownSettings: unknownIn(environment),
  });
}

/** Settings of the ledger that everybody who opens it needs. */
export function ledgerSettingsOf(config: Config) {
  return {
    leaseMs: config.leaseMs,
    repeatedTicketIds: config.SOCIOMILE_REPEATED_TICKET_IDS,
    queue: { max: config.DELIVERY_MAX_QUEUED, deliverWithinMs: config.DELIVERY_HOURS * 3_600_000 },
  };
}
