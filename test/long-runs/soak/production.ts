import { SETTINGS } from "../../../src/config/settings.ts";

/** Waits for the vendor as in production. Other tests have shorter ones. */
export const PRODUCTION = {
  timeoutMs: SETTINGS.SOCIOMILE_TIMEOUT_MS.default,
  connectTimeoutMs: SETTINGS.SOCIOMILE_CONNECT_TIMEOUT_MS.default,
};
