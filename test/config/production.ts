import { type Config, UnusableSettings, readConfig } from "../../src/config/config.ts";

/** Settings that production requires, and no others. */
export const PRODUCTION = {
  SOCIOMILE_BASE_URL: "https://vendor.example",
  SOCIOMILE_CLIENT_SECRET_KEY: "a-vendor-secret",
  DATABASE_URL: "sqlite:/data/ledger.db",
  LEDGER_KEY: Buffer.alloc(32, "a").toString("base64"),
  ROUTER_SECRET: "a-secret-of-a-router-in-production",
  AUTH_JWKS_URL: "https://issuer.example/keys",
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "https://sociomile.example",
};

export type Settings = Record<string, string | undefined>;

/** Reads the settings of a process that was started without options of Node, as this one may not have been. */
export function configOf(settings: Settings, execArgv: string[] = [], isTerminal = false): Config {
  return readConfig(settings, execArgv, isTerminal);
}

export function mistakesIn(settings: Settings, execArgv: string[] = []): readonly string[] {
  try {
    configOf(settings, execArgv);
    return [];
  } catch (error) {
    if (!(error instanceof UnusableSettings)) throw error;
    return error.message.split("\n  - ").slice(1);
  }
}
