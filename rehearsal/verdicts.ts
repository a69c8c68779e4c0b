/** Judges single answers of a rehearsal by the vendor's document. Pure, no I/O. */
import { OUTCOME_NAMES, type Outcome, type OutcomeName, type VendorAnswer } from "../src/tickets/submission.ts";
import type { TicketRequest } from "../src/tickets/request.ts";
import type { TitledDetail } from "../src/tickets/ticket.ts";
import type { WireAnswer } from "../src/sociomile/exchange.ts";
import { type JsonObject, oneObject, detailOf } from "../src/sociomile/translate.ts";
import { readAnswer } from "../src/sociomile/read.ts";
import { type Refusal, refusalsMistake } from "../src/sociomile/refusals.ts";
import table from "./probes.json" with { type: "json" };
import { type Step, vendorName } from "./steps.ts";

/** Results of probes, the worse ones last. NEW: the document is silent. */
const VERDICTS = ["NOT_TRIED", "AS_DOCUMENTED", "NEW", "DIFFERS"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Observation beside an answer. */
export type Remark = Record<"message", string> & Record<"verdict", Verdict>;

/** Answer without what must not be kept. Retry-After is, with the media type, the only header that this service reads. */
interface Answered extends Omit<VendorAnswer, "status"> {
  status: number | null;
  tookMs: number;
  retryAfterSeconds?: number | null;
}

export interface Probe {
  id: string;
  /** Words of the document. Null: it is silent. */
  documented: string | null;
  answered: Answered | null;
  verdict: Verdict;
  /** Null: not tried, or the finding is not about one answer. */
  outcome: OutcomeName | null;
  /** Our name of the field that the service would call refused. */
  field: string | null;
  /** Number of the quirk in the README that the answer confirms or contradicts. */
  assumption: number | null;
}

/** A call that has ended. Without an answer `wire`, `json` and `answered` are null. */
export interface Call {
  step: Step;
  request: TicketRequest;
  sent: string;
  outcome: Outcome;
  /** Ticket of an accepted call. Undefined also when an earlier create has named it. */
  ticketId?: string | undefined;
  isReached: boolean;
  wire: WireAnswer | null;
  /** Body of the answer, with a masked message. Null: it is not a JSON object. */
  json: JsonObject | null;
  answered: Probe["answered"];
  /** Comparison of the answer, or of a later report of its ticket, with what was sent. */
  remark: Remark | null;
}

/** Makes the probe of a question that no call has answered. */
export function untried(step: Pick<Step, "id" | "documented" | "assumption">): Probe {
  const { id, documented = null, assumption = null } = step;
  return { id, documented, answered: null, verdict: "NOT_TRIED", outcome: null, field: null, assumption };
}

/** Judges the calls of a plan. Of several calls for one probe the worst counts. */
export function judge(steps: readonly Step[], calls: readonly Call[]): Probe[] {
  const probes = Map.groupBy([...steps.map(untried), ...calls.map(probeOf)], ({ id }) => id);
  return Array.from(probes.values(), (some) => worst(some)!);
}

function probeOf(call: Call): Probe {
  const { step, outcome, answered, remark } = call;
  const verdict = verdictOn(call);
  const message = [answered?.message, remark?.message].filter(Boolean).join("; ") || null;
  return {
    ...untried(step),
    answered: answered && { ...answered, message },
    verdict: worst([{ verdict }, remark ?? { verdict }])!.verdict,
    outcome: OUTCOME_NAMES[outcome.outcome],
    field: outcome.outcome === "rejected" ? outcome.field : null,
  };
}

function verdictOn({ step, outcome, answered, isReached, remark }: Call): Verdict {
  const isUnread = step.isReported && outcome.outcome === "accepted" && remark === null;
  if (!isReached || isUnread) return "NOT_TRIED";
  const isRefused = outcome.outcome === "rejected" && outcome.field === step.field;
  if (step.key !== undefined) return isRefused ? "AS_DOCUMENTED" : "NEW";
  if (step.expects === undefined) return "NEW";
  if (step.expects === "ACCEPTED") return outcome.outcome === "accepted" ? "AS_DOCUMENTED" : "DIFFERS";
  if (!isRefused || answered === null) return "DIFFERS";
  return answered.message === step.documented ? "AS_DOCUMENTED" : "DIFFERS";
}

/** Returns the worst of several results, the first one among equals. */
export function worst<Judged extends Pick<Probe, "verdict">>(all: readonly Judged[]): Judged | undefined {
  return all.toSorted((one, other) => VERDICTS.indexOf(other.verdict) - VERDICTS.indexOf(one.verdict))[0];
}

const TITLES = Object.keys(table.examples.updated.ticket.data);
export const TITLE_OF = new Map(TITLES.map((title) => [detailOf(title)!, title]));

/** Compares what a report shows of a detail with what was sent. */
export function echoOf(report: JsonObject | null, detail: TitledDetail, sent: string): Remark {
  const [title, value] = titled(report, detail);
  if ((typeof value !== "string" && typeof value !== "number") || value === "")
    return { verdict: "DIFFERS", message: "missing" };
  const shown = String(value);
  const documented = TITLE_OF.get(detail)!;
  const status = detail === "statusLabel" ? `, namely "${shown.slice(0, 40)}"` : "";
  const isCut = !status && shown.length < sent.length && sent.startsWith(shown.slice(0, -3)); // "..." may end it
  const differences = [
    shown !== sent && (shown.trim() === sent.trim() ? "trimmed" : "changed"),
    isCut && `with ${shown.length} of ${sent.length} characters`,
    title.trim().toLowerCase() !== documented.trim().toLowerCase() && `under "${title}"`,
    typeof value === "number" && "as a number",
  ].filter(Boolean);
  const message = `reported ${differences.join(", ") || "as sent"}${status}`;
  if (differences.length > 0) return { verdict: "DIFFERS", message };
  return { verdict: title === documented ? "AS_DOCUMENTED" : "NEW", message };
}

/** Finds the title and the value of a detail in a report. */
function titled(report: JsonObject | null, detail: TitledDetail): [title: string, value: unknown] {
  const ticket = oneObject(report?.["ticket"]) ?? {};
  const details = Object.entries(oneObject(ticket["data"]) ?? ticket);
  return details.find(([title]) => detailOf(title) === detail) ?? ["", ""];
}

const ZONES: Readonly<Record<number, string>> = { 0: "UTC", 7: "WIB, UTC+7", 8: "WITA, UTC+8" };

/** Finds the zone in which the vendor writes the time of a ticket that was opened just now, without a time of its own. */
export function zoneIn(report: JsonObject | null, now: Date): Remark {
  const shown = String(titled(report, "createdAt")[1]);
  const time = Date.parse(`${shown.trim().replace(" ", "T").slice(0, 19)}Z`);
  if (Number.isNaN(time)) return { verdict: "NEW", message: "no time of the vendor's own" };
  const hours = Math.round((time - now.getTime()) / 1_800_000) / 2;
  const zone = ZONES[hours] ?? (Math.abs(hours) > 14 ? "in no zone" : `UTC${hours < 0 ? "" : "+"}${hours}`);
  return { verdict: "NEW", message: `${shown} at ${now.toISOString()}: ${zone}` };
}

/** Returns the entry of SOCIOMILE_REFUSALS_FILE that would make this answer known. Null: it was understood, or no entry can say it. */
export function lessonOf({ step, request, outcome, wire, answered }: Call, timeZone: string): Refusal | null {
  const message = answered?.message ?? null;
  if (!wire || message === null || outcome.outcome !== "unknown" || wire.status >= 500) return null;
  const { of, field } = step;
  const names = field === undefined ? [] : [vendorName(of, field), field];
  const found = names.map((name) => new RegExp(RegExp.escape(name), "i")).find((name) => name.test(message));
  // One entry with {field} serves for all fields.
  const sentence = found
    ? { message: message.replace(found, "{field}") }
    : { message, ...(field !== undefined && { field }) };
  const id = step.id.replace(/^(mandatory|blank)\.(\w+)\..*/, "$1.$2");
  // A wrong secret is no fault of the caller's.
  const means = step.secret && wire.status >= 400 ? "NOT_EXECUTED" : "REJECTED";
  const lesson: Refusal = { id, status: wire.status, ...sentence, means };
  if (refusalsMistake(JSON.stringify([lesson])) !== null) return null;
  const reading = { timeZone, refusals: () => [lesson], observe: () => {} };
  return readAnswer(request, wire, reading).outcome === "unknown" ? null : lesson;
}
