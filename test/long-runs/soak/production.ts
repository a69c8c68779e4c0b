import { SETTINGS } from "../../../src/config/settings.ts";

/** Waits for the vendor as in production. Other tests have shorter ones. */
export const PRODUCTION = {
  SOCIOMILE_TIMEOUT_MS: SETTINGS.SOCIOMILE_TIMEOUT_MS.default,
  SOCIOMILE_CONNECT_TIMEOUT_MS: SETTINGS.SOCIOMILE_CONNECT_TIMEOUT_MS.default,
};
