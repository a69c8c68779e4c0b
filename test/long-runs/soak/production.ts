import { SETTINGS } from "../../../src/config/settings.ts";

/** The vendor's times as in production; the other tests are impatient. */
export const PRODUCTION = {
  timeoutMs: SETTINGS.SOCIOMILE_TIMEOUT_MS.default,
  connectTimeoutMs: SETTINGS.SOCIOMILE_CONNECT_TIMEOUT_MS.default,
};
