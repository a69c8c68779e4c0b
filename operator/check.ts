/** Commands about the service: whether its settings, ledger and neighbours can be used, and the form and key of its ledger. */
import { type Config, UnusableSettings, createRefusalsSource } from "../src/config/config.ts";
import { fetchKeys } from "../src/identity/key-set.ts";
import { refusalsMistake } from "../src/sociomile/refusals.ts";
import { baseUrlMistake } from "../src/sociomile/translate.ts";
import { classOf } from "../src/telemetry/faults.ts";
import { VERSION } from "../src/version.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { checkLedger, migrateLedger, planLedger, rekeyLedger } from "./ledger/closed.ts";

export const check = createCommand(
  form("check", "Checks settings, key set, ledger and the way to Sociomile. Changes nothing."),
  () =>
    async ({ config, addressOf }) => {
      const { APP_MODE: mode, AUTH_JWKS_URL: keySetUrl, LEDGER_MIGRATE: migrates, unknownSettings } = config;
      createRefusalsSource(config, refusalsMistake);
      const ledger = await checkLedger(addressOf());
      const [fetched, sociomile] = await Promise.all([keySetUrl ? fetchKeys(keySetUrl) : null, connectionTo(config)]);
      const keySet = typeof fetched === "string" ? fetched : null;
      const notes = [
        ...unknownSettings.map((name) => `Warning: ${name} looks like a setting but is unknown.`),
        !ledger.isPrepared &&
          `The ledger does not have the form of this version. ${migrates === "start" ? "A start" : "`operator migrate`"} gives it.`,
        ledger.isPrepared && "The ledger answers, and LEDGER_KEY opens it.",
        ledger.isSealedByFirst === false && "Its second key does: `operator rekey` seals the ledger with the first.",
      ];
      const failures = [
        keySet && `The key set of AUTH_JWKS_URL cannot be used (${keySet}).`,
        sociomile?.failure && `No connection to Sociomile can be opened (${sociomile.failure}).`,
      ];
      return {
        data: { version: VERSION, mode, unknownSettings, keySet, sociomile, ledger },
        note: notes.filter(Boolean).join("\n"),
        refusal: failures.filter(Boolean).join("\n"),
      };
    },
);

/** Opens a connection to Sociomile and closes it. Null: the sandbox stands in for Sociomile. Throws UnusableSettings as a start does. */
async function connectionTo({ SOCIOMILE_BASE_URL: baseUrl, ...config }: Config) {
  if (baseUrl === null) return null;
  const mistake = baseUrlMistake(baseUrl);
  if (mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const { createRoute } = await import("../src/sociomile/route.ts"); // no other command needs it
  const { SOCIOMILE_PROXY_URL: proxyUrl, SOCIOMILE_CONNECT_TIMEOUT_MS: connectTimeoutMs } = config;
  const route = createRoute({ baseUrl, proxyUrl, connectTimeoutMs });
  const error: NodeJS.ErrnoException | null = await route.tryToConnect();
  const certificateEnd = route.certificates()[0]?.end.toTemporalInstant() ?? null;
  return { failure: error && (error.code ?? classOf(error)), certificateEnd };
}

export const migrate = createCommand(
  form("migrate", "Makes the ledger, or brings it to the form of this version, beside running replicas.").option(
    "--plan",
    "only list the steps, and the oldest versions that may use the ledger after each",
  ),
  ({ plan: isPlan = false }) =>
    async ({ addressOf, observe }) => {
      const migrations = await planLedger(addressOf());
      if (!isPlan) await migrateLedger(addressOf(true), observe);
      const steps = migrations.map(({ change: _change, prepare: _prepare, ...step }) => step);
      const done = isPlan ? "These steps are to do." : "These steps are done.";
      return { data: { isPlan, steps }, note: steps.length > 0 ? done : "There is nothing to do." };
    },
);

export const rekey = createCommand(
  form("rekey", "Seals the ledger with the first key of LEDGER_KEY, beside running replicas.").option(
    "--plan",
    "only tell whether it would",
  ),
  ({ plan: isPlan = false }) =>
    async ({ addressOf }) => {
      const isRekeyed = await rekeyLedger(addressOf(), isPlan);
      const text = isPlan
        ? "The second key of LEDGER_KEY opens the ledger. A rekey seals it with the first."
        : "The first key of LEDGER_KEY opens the ledger now, and the second does no more. No row was changed.";
      const nothing = "The first key of LEDGER_KEY opens the ledger already. There is nothing to do.";
      return { text: isRekeyed ? text : nothing, data: { isPlan, isRekeyed } };
    },
);
