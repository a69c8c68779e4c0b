/** The report of a rehearsal for the vendor's engineers, in Markdown. */
import questions from "./questions.json" with { type: "json" };
import type { Rehearsed } from "./rehearse.ts";
import type { Probe } from "./verdicts.ts";

/** True when an answer keeps the service from working as the document says. */
export function differs({ verdict, outcome }: Probe): boolean {
  return verdict === "DIFFERS" || (verdict === "NEW" && outcome === "UNKNOWN");
}

/** Writes the report: tickets where none should be first, then what differs, questions, refusals to teach, and every probe. */
export function reportText({ rehearsal, unexpected, doubtful, misread, lessons, end }: Rehearsed): string {
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
      return `${id}: ${[http, message && `"${message.slice(0, 80)}"`].filter(Boolean).join(" ")}`;
    });
    if (some.length > SHOWN) facts.push(`+ ${some.length - SHOWN}`);
    const [indonesian, english] = questions[group].map((text) => text.replace("{0}", () => cell(facts.join("; "))));
    return `${nth + 1}. ${indonesian}\n   ${english}`;
  });
}

function rowOf({ id, documented, answered, verdict, outcome, assumption }: Probe): string {
  const { status = null, contentType = null, message = null, tookMs = null } = answered ?? {};
  const type = contentType === null || contentType === "application/json" ? "" : ` (${contentType})`;
  const cells = [id, documented, status, `${message ?? ""}${type}`, tookMs, verdict, outcome, assumption];
  return `| ${cells.map((value) => cell(String(value ?? ""))).join(" | ")} |`;
}

/** Writes the vendor's words in one line that Markdown takes for text. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, "\\$&");
}
