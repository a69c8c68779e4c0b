import { type Config, UnusableSettings } from "../config/config.ts";
import { rotatingText } from "../config/rotating-text.ts";
import { classOf } from "../errors.ts";
import { keySetFailure } from "../identity/key-set.ts";
import { baseUrlMistake } from "../sociomile/fields.ts";
import { refusalsMistake } from "../sociomile/refusals.ts";
import { VERSION } from "../version.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { timeOf } from "./printable.ts";

export const check = createCommand(
  form(
    "check",
    "Checks the settings, the issuer's key set and the ledger as a start does, and opens a connection to Sociomile. Changes nothing.",
  ),
  () =>
    async ({ config, ledger }) => {
      const { APP_MODE: mode, AUTH_JWKS_URL: keySetUrl, unknownSettings } = config;
      rotatingText("SOCIOMILE_REFUSALS_FILE", config.SOCIOMILE_REFUSALS_FILE, refusalsMistake, () => {});
      const missingKeys = await ledger.check();
      const [keySet, sociomile] = await Promise.all([
        keySetUrl ? keySetFailure(keySetUrl) : null,
        connectionTo(config),
      ]);
      const text = [
        `Version ${VERSION}. The settings can be used (${mode}).`,
        ...unknownSettings.map((name) => `Warning: ${name} begins like a setting and is none.`),
        sociomile?.certificateEnd && `Sociomile's certificate is valid until ${sociomile.certificateEnd}.`,
        missingKeys === null &&
          `The ledger does not have the form of this version. ${config.LEDGER_MIGRATE === "start" ? "A start" : "`operator migrate`"} gives it.`,
        missingKeys?.length === 0 && "The ledger answers, and LEDGER_KEY opens it.",
      ];
      const failures = [
        ...(missingKeys ?? []).map(
          ({ id, submissions, sealed }) =>
            `LEDGER_KEY lacks the key ${id}. It locks ${submissions} submissions, and ${sealed} details and requests.`,
        ),
        keySet && `The key set of AUTH_JWKS_URL cannot be used (${keySet}).`,
        sociomile?.failure && `No connection to Sociomile can be opened (${sociomile.failure}).`,
      ];
      return {
        text: text.filter(Boolean).join("\n"),
        data: {
          version: VERSION,
          mode,
          unknownSettings,
          keySet,
          sociomile,
          ledger: { isPrepared: missingKeys !== null, missingKeys },
        },
        refusal: failures.filter(Boolean).join("\n"),
      };
    },
);

/** Opens a connection to Sociomile and closes it. Null: the sandbox stands in for Sociomile. Throws UnusableSettings as a start does. */
async function connectionTo({ SOCIOMILE_BASE_URL: baseUrl, ...config }: Config) {
  if (baseUrl === null) return null;
  const mistake = baseUrlMistake(baseUrl);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const { routeTo } = await import("../sociomile/route.ts"); // no other command needs it
  const { SOCIOMILE_PROXY_URL: proxyUrl, SOCIOMILE_CONNECT_TIMEOUT_MS: connectTimeoutMs } = config;
  const route = routeTo({ baseUrl, proxyUrl, connectTimeoutMs });
  const error: NodeJS.ErrnoException | null = await route.tryToConnect();
  const end = route.certificates()[0]?.end.toTemporalInstant();
  return { failure: error && (error.code ?? classOf(error)), certificateEnd: end ? timeOf(end) : null };
}
