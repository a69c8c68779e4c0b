/** Rehearses with the vendor, and writes the report for its engineers. */
import { type Config, UnusableSettings, createRefusalsSource } from "../src/config/config.ts";
import { refusalsMistake, refusalsIn } from "../src/sociomile/refusals.ts";
import type { RehearsalSettings } from "../rehearsal/rehearse.ts";
import { baseUrlMistake } from "../src/sociomile/translate.ts";
import { UsageError, form } from "./arguments.ts";
import { createCommand, isConfirmed, untilStopped } from "./command.ts";
import { linesOf, showProgress } from "./output.ts";

/** Exit codes by the end: the vendor cannot be reached (EX_UNAVAILABLE of sysexits.h), or a signal came. */
const ENDED = { unreachable: 69, interrupted: 130 };

export const rehearse = createCommand(
  form(
    "rehearse",
    "Calls Sociomile as the service does, without ledger, and compares its answers with its document. Ends with 1 when something differs, with 69 when Sociomile cannot be reached.",
  )
    .option("--refusals", "open no trial tickets by our reading")
    .option("--twice", "send one ticket twice")
    .option("--yes", "do not ask"),
  ({ refusals: refusalsOnly = false, twice = false, yes }) => {
    if (refusalsOnly && twice) throw new UsageError("--twice does not go with --refusals.");
    return async ({ config }) => {
      const settings = settingsOf(config);
      const { planOf, rehearse: run } = await import("../rehearsal/rehearse.ts"); // no other command needs it
      const { differs, reportText } = await import("../rehearsal/report.ts");
      const depth = { refusalsOnly, twice };
      console.error(planOf(depth, settings.baseUrl));
      if (!yes && !(await isConfirmed("Go on?")))
        return { data: {}, refusal: "Nothing is sent without a yes, or --yes." };
      const rehearsed = await run(settings, depth, untilStopped(), showProgress);
      showProgress("");
      const { rehearsal, lessons, end } = rehearsed;
      const exitCode = { ...ENDED, done: rehearsal.probes.some(differs) ? 1 : 0 }[end];
      return { text: linesOf(reportText(rehearsed)), data: { ...rehearsal, lessons }, exitCode };
    };
  },
);

function settingsOf(config: Config): RehearsalSettings {
  const { SOCIOMILE_BASE_URL: baseUrl } = config;
  const mistake = baseUrl === null ? "is missing: there is nobody to rehearse with" : baseUrlMistake(baseUrl);
  if (baseUrl === null || mistake !== null) throw new UnusableSettings([`SOCIOMILE_BASE_URL ${mistake}`]);
  const refusals = createRefusalsSource(config, refusalsMistake);
  return {
    baseUrl,
    proxyUrl: config.SOCIOMILE_PROXY_URL,
    connectTimeoutMs: config.SOCIOMILE_CONNECT_TIMEOUT_MS,
    secret: config.SOCIOMILE_CLIENT_SECRET_KEY!.value,
    timeZone: config.SOCIOMILE_TIME_ZONE,
    refusals: () => refusalsIn(refusals()),
  };
}
