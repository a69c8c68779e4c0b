import { DEFAULTS } from "../../../src/config/config.ts";

/** The vendor's times as in production; the other tests are impatient. */
export const PRODUCTION = {
  timeoutMs: DEFAULTS.SOCIOMILE_TIMEOUT_MS,
  connectTimeoutMs: DEFAULTS.SOCIOMILE_CONNECT_TIMEOUT_MS,
};
