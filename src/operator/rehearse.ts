/** Rehearses with the vendor, and writes the report for its engineers. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { type Config, UnusableSettings, createRefusalsSource } from "../config/config.ts";
import { baseUrlMistake } from "../sociomile/translate.ts";
import { taughtIn, refusalsMistake } from "../sociomile/refusals.ts";
import type { Rehearsed, RehearsalSettings } from "../sociomile/rehearsal/rehearse.ts";
import type { Probe } from "../sociomile/rehearsal/verdicts.ts";
import { LINE } from "../tickets/fields/field-types.ts";
import { UsageError, form, readAs, optionIn } from "./arguments.ts";
import { createCommand, isConfirmed } from "./command.ts";
import { showProgress } from "./output.ts";
import { cut, printable } from "./printable.ts";
import questions from "./questions.json" with { type: "json" };

/** Exit codes: something differs; the vendor cannot be reached (EX_UNAVAILABLE of sysexits.h); interrupted by a signal. */
const DIFFERS = 1;
const EX_UNAVAILABLE = 69;
const INTERRUPTED = 130;

export const rehearse = createCommand(
  form(
    "rehearse",
    "Calls Sociomile as the service does, without ledger, and compares its answers with its document. Ends with 1 when something differs, with 69 when Sociomile cannot be reached.",
  )
    .option("--refusals", "open no trial tickets by our reading")
    .option("--twice", "send one ticket twice")
    .option("--yes", "do not ask")
    .option("--report <file>", "also write the report into a new file", readAs(LINE)),
  (options) => {
    const depth = { refusalsOnly: options.refusals ?? false, twice: options.twice ?? false };
    if (depth.refusalsOnly && depth.twice) throw new UsageError("--twice does not go with --refusals.");
    return async ({ config }) => {
      const settings = settingsOf(config);
      const [{ stepsOf }, { rehearse: run }] = await Promise.all([
        import("../sociomile/rehearsal/steps.ts"), // no other command needs them
        import("../sociomile/rehearsal/rehearse.ts"),
      ]);
      const steps = stepsOf(depth);
      const opening = steps.filter(({ opens }) => opens).length;
      const others = 2 + steps.filter(({ opens, of }) => !opens && of !== "update").length; // with those of reach.keepAlive
      const calls = steps.length + 2 + steps.filter(({ isReported }) => isReported).length;
      console.error(
        `${calls} calls to ${settings.baseUrl}, one at a time. They may open ${opening} tickets, all marked as UJI COBA, and up to ${others} more where Sociomile does not refuse what it should.`,
      );
      if (!options.yes && !(await isConfirmed("Go on?")))
        return { text: "", data: {}, refusal: "Nothing is sent without a yes, or --yes." };
      const file = options.report === undefined ? null : openNew(options.report);
      const stopping = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        process.once(signal, () => stopping.abort());
      const rehearsed = await run(settings, depth, stopping.signal, showProgress);
      showProgress("");
      const { rehearsal, lessons, end } = rehearsed;
      const text = reportText(rehearsed);
      if (file !== null) {
        writeFileSync(file, `${text}\n`);
        closeSync(file);
      }
      if (optionIn(options, "json") && lessons.length > 0)
        console.error(`Refusals that SOCIOMILE_REFUSALS_FILE could teach:\n${fenced(lessons)}`);
      const done = rehearsal.probes.some(differs) ? DIFFERS : 0;
      const exitCode = { done, unreachable: EX_UNAVAILABLE, interrupted: INTERRUPTED }[end];
      return { text, data: rehearsal, exitCode };
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
    refusals: () => taughtIn(refusals()),
  };
}

/** Opens the file of the report, before anything is sent. An earlier report is not overwritten: it names tickets. */
function openNew(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--report: The file cannot be made (${code}). None is overwritten.`);
  }
}

/** True when an answer keeps the service from working as the document says. */
function differs({ verdict, outcome }: Probe): boolean {
  return verdict === "DIFFERS" || (verdict === "NEW" && outcome === "UNKNOWN");
}

/** Writes the report: tickets where none should be first, then what differs, questions, refusals to teach, and every probe. */
function reportText({ rehearsal, unexpected, doubtful, misread, lessons, end }: Rehearsed): string {
  const { address, startedAt, tickets, probes } = rehearsal;
  const differing = probes.filter(differs);
  const tried = probes.filter(({ verdict }) => verdict !== "NOT_TRIED");
  return [
    ...unexpected.map((id) => `**A ticket was opened where none should be: ${id}.**`),
    ...doubtful.map((id) => `**A ticket may have been opened, the answer did not come: ${id}.**`),
    `# Rehearsal with Sociomile\n\n${address}, ${startedAt}. ${tried.length} of ${probes.length} probes were tried, ${differing.length} differ.${ENDS[end]}`,
    section(
      "Tickets of this trial (UJI COBA)",
      tickets.map(
        ({ kind, id, number, isCertain }) =>
          `- ${kind} ${id ?? "unknown"}, number ${number ?? "unknown"}${isCertain ? "" : ", possible"}`,
      ),
    ),
    section("Pertanyaan / Questions", questionsAbout(differing.filter(({ id }) => !misread.includes(id)))),
    section("Refusals that SOCIOMILE_REFUSALS_FILE could teach", lessons.length > 0 ? [fenced(lessons)] : []),
    section("Probes", [
      "| probe | document | HTTP | answer | ms | verdict | outcome | quirk |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ...[...differing, ...probes.filter((probe) => !differs(probe))].map(rowOf),
    ]),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** Most probes that a question names. The table has all. */
const SHOWN = 4;

const ENDS = {
  done: "",
  unreachable: " It ended, because the address could not be reached three times in a row.",
  interrupted: " It was interrupted.",
};

function section(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `## ${heading}\n\n${lines.join("\n")}`;
}

const fenced = (lessons: Rehearsed["lessons"]) => `\`\`\`json\n${JSON.stringify(lessons, null, 2)}\n\`\`\``;

/** Numbers one question for each group of probes that differ, in Indonesian and English. */
function questionsAbout(differing: readonly Probe[]): string[] {
  const groups = Map.groupBy(differing, ({ id }) => id.split(".")[0] as keyof typeof questions);
  return [...groups].map(([group, some], nth) => {
    const facts = some.slice(0, SHOWN).map(({ id, answered }) => {
      const { status = null, message = "-" } = answered ?? {};
      const http = status === null ? "" : `HTTP ${status}`;
      return `${id}: ${[http, message && `"${cut(message, 80)}"`].filter(Boolean).join(" ")}`;
    });
    if (some.length > SHOWN) facts.push(`+ ${some.length - SHOWN}`);
    const [indonesian, english] = questions[group].map((text) =>
      text.replace("{0}", () => cell(facts.join("; "))),
    );
    return `${nth + 1}. ${indonesian}\n   ${english}`;
  });
}

function rowOf({ id, documented, answered, verdict, outcome, assumption }: Probe): string {
  const { status = null, contentType = null, message = null, tookMs = null } = answered ?? {};
  const type = contentType === null || contentType === "application/json" ? "" : ` (${contentType})`;
  const cells = [id, documented, status, `${message ?? ""}${type}`, tookMs, verdict, outcome, assumption];
  return `| ${cells.map((value) => cell(String(value ?? ""))).join(" | ")} |`;
}

/** Writes the vendor's words so that Markdown and a terminal take them for text. */
function cell(text: string): string {
  return printable(text).replaceAll(/[\\`*_[\]<>|#]/g, "\\$&");
}
