import { type Config, readConfig } from "../../src/config/config.ts";
import { PRODUCTION } from "../config/production.ts";
import { LEDGER_KEY } from "./ledgers.ts";

export const CLIENT_SECRET_KEY = "sandbox-key-of-the-tests";

export interface Changes {
  config?: Partial<Config>;
}

const OWN = { SOCIOMILE_CLIENT_SECRET_KEY: CLIENT_SECRET_KEY, LEDGER_KEY: LEDGER_KEY.toString("base64") };
const OF_PRODUCTION = readConfig({ ...PRODUCTION, ...OWN, AUTH: "router" }, []);

/** Settings of a service in tests: those of production, but on loopback, on free ports, without authentication, and with short waits. */
export function serviceConfig({
  vendorUrl,
  ledgerUrl,
  config,
}: Changes & { vendorUrl: string; ledgerUrl: string }): Config {
  return {
    ...OF_PRODUCTION,
    HOST: "127.0.0.1",
    PORT: 0,
    MANAGEMENT_HOST: "127.0.0.1",
    MANAGEMENT_PORT: 0,
    SANDBOX_PORT: 0,
    LOG_LEVEL: "silent",
    SOCIOMILE_BASE_URL: vendorUrl,
    SOCIOMILE_TIMEOUT_MS: 2000,
    DATABASE_URL: ledgerUrl,
    AUTH: "off",
    ROUTER_SECRET: null,
    DRAIN_LAG_MS: 0,
    ...config,
  };
}
