import { type Config } from "../../src/config/config.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { ledgerConfig } from "./ledgers.ts";

export const CLIENT_SECRET_KEY = "sandbox-key-of-the-tests";

export interface Changes {
  config?: Partial<Config>;
  sociomile?: Partial<Config["sociomile"]>;
  ledger?: Partial<Config["ledger"]>;
}

/** Settings of a service in tests: those of production, but on loopback, on a free port, and with short waits. */
export function serviceConfig({
  vendorUrl,
  ledgerUrl,
  config,
  sociomile,
  ledger,
}: Changes & { vendorUrl: string; ledgerUrl: string }): Config {
  return {
    mode: "production",
    host: "127.0.0.1",
    port: 0,
    management: { host: "127.0.0.1", port: 0 },
    logLevel: "silent",
    logFormat: "json",
    sociomile: {
      vendor: { baseUrl: vendorUrl, clientSecretKey: { value: CLIENT_SECRET_KEY, file: null } },
      proxyUrl: null,
      timeZone: SETTINGS.SOCIOMILE_TIME_ZONE.default,
      timeoutMs: 2000,
      connectTimeoutMs: 2000,
      keepAliveMs: SETTINGS.SOCIOMILE_KEEP_ALIVE_MS.default,
      maxConcurrent: SETTINGS.SOCIOMILE_MAX_CONCURRENT.default,
      sendsTraceParent: false,
      ...sociomile,
    },
    ledger: ledgerConfig(ledgerUrl, ledger),
    auth: null,
    corsOrigins: [],
    tracesEndpoint: null,
    maxInFlight: SETTINGS.MAX_IN_FLIGHT.default,
    drainLagMs: 0,
    sandboxPort: 0,
    unknownSettings: [],
    ...config,
  };
}
