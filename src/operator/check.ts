import { type Config, UnusableSettings, createRefusalsSource } from "../config/config.ts";
import { fetchKeys } from "../identity/key-set.ts";
import { classOf } from "../telemetry/faults.ts";
import { checkLedger, migrateLedger, planLedger, rekeyLedger } from "./ledgers.ts";
import { baseUrlMistake } from "../sociomile/translate.ts";
import { refusalsMistake } from "../sociomile/refusals.ts";
import { VERSION } from "../version.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { namedValues } from "./output.ts";
import { timeOf } from "./printable.ts";

export const check = createCommand(
  form("check", "Checks settings, key set, ledger and the way to Sociomile. Changes nothing."),
  () =>
    async ({ config, address }) => {
      const { APP_MODE: mode, AUTH_JWKS_URL: keySetUrl, unknownSettings } = config;
      createRefusalsSource(config, refusalsMistake);
      const ledger = await checkLedger(address);
      const [fetched, sociomile] = await Promise.all([
        keySetUrl ? fetchKeys(keySetUrl) : null,
        connectionTo(config),
      ]);
      const keySet = typeof fetched === "string" ? fetched : null;
      const text = [
        `Version ${VERSION}. The settings can be used (${mode}).`,
        ...unknownSettings.map((name) => `Warning: ${name} looks like a setting but is unknown.`),
        sociomile?.certificateEnd && `Sociomile's certificate is valid until ${sociomile.certificateEnd}.`,
        !ledger.isPrepared &&
          `The ledger does not have the form of this version. ${config.LEDGER_MIGRATE === "start" ? "A start" : "`operator migrate`"} gives it.`,
        ledger.isPrepared && "The ledger answers, and LEDGER_KEY opens it.",
        ledger.isSealedByFirst === false &&
          "Its second key does: `operator rekey` seals the ledger with the first.",
      ];
      const failures = [
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
          ledger,
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
  const { createRoute } = await import("../sociomile/route.ts"); // no other command needs it
  const { SOCIOMILE_PROXY_URL: proxyUrl, SOCIOMILE_CONNECT_TIMEOUT_MS: connectTimeoutMs } = config;
  const route = createRoute({ baseUrl, proxyUrl, connectTimeoutMs });
  const error: NodeJS.ErrnoException | null = await route.tryToConnect();
  const end = route.certificates()[0]?.end.toTemporalInstant();
  return { failure: error && (error.code ?? classOf(error)), certificateEnd: end ? timeOf(end) : null };
}

export const migrate = createCommand(
  form(
    "migrate",
    "Makes the ledger, or brings it to the form of this version, beside running replicas.",
  ).option("--plan", "only list the steps, and the oldest versions that may use the ledger after each"),
  ({ plan = false }) =>
    async ({ address, makeAddress, observe }) => {
      const migrations = await planLedger(address);
      if (!plan) await migrateLedger(makeAddress(), observe);
      const steps = migrations.map(({ name, version, writableFrom, readableFrom }) => {
        return [name, `of version ${version}, writable from ${writableFrom}, readable from ${readableFrom}`];
      });
      const text = `${plan ? "To do" : "Done"}:\n${namedValues(Object.fromEntries(steps))}`;
      return {
        text: steps.length > 0 ? text : "There is nothing to do.",
        data: { isPlan: plan, migrations },
      };
    },
);

export const rekey = createCommand(
  form("rekey", "Seals the ledger with the first key of LEDGER_KEY, beside running replicas.").option(
    "--plan",
    "only tell whether it would",
  ),
  ({ plan = false }) =>
    async ({ address }) => {
      const isRekeyed = await rekeyLedger(address, plan);
      const text = plan
        ? "The second key of LEDGER_KEY opens the ledger. A rekey seals it with the first."
        : "The first key of LEDGER_KEY opens the ledger now, and the second does no more. No row was changed.";
      const nothing = "The first key of LEDGER_KEY opens the ledger already. There is nothing to do.";
      return { text: isRekeyed ? text : nothing, data: { isPlan: plan, isRekeyed } };
    },
);
