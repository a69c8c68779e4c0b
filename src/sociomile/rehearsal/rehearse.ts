/** Rehearses with the vendor: makes the calls of a plan one after the other, and compares each answer with the document. */
import { OUTCOME_NAMES } from "../../tickets/outcome.ts";
import type { JsonObject } from "../json.ts";
import type { Refusal } from "../refusals.ts";
import { bodyOf } from "./bodies.ts";
import { type Ended, type RehearsalSettings, createCall } from "./call.ts";
import { DERIVED, type Probe, derivedFrom } from "./findings.ts";
import { type Remark, VERDICTS, type Verdict, echoOf, zoneIn } from "./reports.ts";
import { lesson } from "./lessons.ts";
import { type Depth, type Step, planOf, vendorName } from "./plan.ts";

/** Calls in a row that do not reach the vendor, after which the rehearsal ends. */
const MOST_UNREACHED = 3;

export interface Rehearsal {
  address: string;
  startedAt: string;
  tickets: { kind: "HELPDESK" | "VOICE"; id: string; number: string | null }[];
  probes: Probe[];
}

export interface Rehearsed {
  rehearsal: Rehearsal;
  /** Probes that opened a ticket where none should be, and creates whose effect nobody knows. */
  unexpected: string[];
  doubtful: string[];
  /** Refusals that would teach the service the answers that it did not understand. */
  lessons: Refusal[];
  end: "done" | "unreachable" | "interrupted";
}

/** Rehearses until the plan is through, the vendor cannot be reached, or a signal. `onProgress` gets each step before its call. */
export async function rehearse(
  settings: RehearsalSettings,
  depth: Depth,
  signal: AbortSignal,
  onProgress: (nth: number, of: number, id: string) => void,
): Promise<Rehearsed> {
  const { route, openClient, send } = createCall(settings, signal);
  const { baseUrl, timeZone } = settings;
  const started = new Date();
  const { steps, left } = planOf(depth);
  const ids = ["reach.tls", ...[...steps, ...left].map(({ id }) => id), ...DERIVED];
  const probes = new Map(ids.map((id) => [id, untried(id, [...steps, ...left])]));
  const all: Ended[] = [];
  const tickets = new Map<string, Rehearsal["tickets"][number]>();
  const [unexpected, doubtful]: [string[], string[]] = [[], []];
  const lessons = new Map<string, Refusal>();
  let unreached = await tryToConnect();

  for (const [nth, step] of steps.entries()) {
    if (signal.aborted || unreached >= MOST_UNREACHED) break;
    onProgress(nth + 1, steps.length, step.id);
    const ticketId = ticketOf(step.ticketOf ?? "accept.voice");
    if (step.ticketOf !== undefined && ticketId === undefined) continue;
    const again = step.id === "twice" ? endOf("accept.helpdesk")?.sent : undefined;
    const ended = await send(step, again ?? bodyOf(step, numberOf(nth), ticketId, timeZone));
    all.push(ended);
    note(ended, await remarkOn(ended));
    unreached = ended.isReached ? 0 : unreached + 1;
  }
  if (!signal.aborted && unreached < MOST_UNREACHED) await tryKeepAlive();
  for (const found of derivedFrom(all)) change(found.id, found);
  return {
    rehearsal: {
      address: baseUrl,
      startedAt: started.toISOString(),
      tickets: [...tickets.values()],
      probes: [...probes.values()],
    },
    unexpected,
    doubtful,
    lessons: [...lessons.values()],
    end: signal.aborted ? "interrupted" : unreached >= MOST_UNREACHED ? "unreachable" : "done",
  };

  function change(id: string, found: Partial<Probe>): void {
    probes.set(id, { ...probes.get(id)!, ...found });
  }

  function endOf(id: string): Ended | undefined {
    return all.find(({ step, outcome }) => step.id === id && outcome.outcome === "accepted");
  }

  function ticketOf(id: string): string | undefined {
    const outcome = endOf(id)?.outcome;
    return outcome?.outcome === "accepted" ? outcome.ticket.id : undefined;
  }

  /** Makes a number of nine digits that no other step has, and no other rehearsal of this day. */
  function numberOf(nth: number): string {
    const second = Math.floor(started.getTime() / 1000) % 86_400;
    return `9${String(second).padStart(5, "0")}${String(nth).padStart(3, "0")}`;
  }

  /** Opens a connection, and tells how long its certificate lasts. Returns 1 when it cannot be opened, or else 0. */
  async function tryToConnect(): Promise<number> {
    const began = performance.now();
    const error: NodeJS.ErrnoException | null = await route.tryToConnect();
    const tookMs = Math.round(performance.now() - began);
    const end = route.certificates()[0]?.end.toISOString();
    const message = error ? `no connection (${error.code ?? error.name})` : `certificate until ${end}`;
    const answered = { status: null, contentType: null, message, tookMs };
    if (error || end) change("reach.tls", { answered, verdict: error ? "DIFFERS" : "AS_DOCUMENTED" });
    return error ? 1 : 0;
  }

  /** Sends two requests that the document refuses over one client, and counts its connections. */
  async function tryKeepAlive(): Promise<void> {
    const step: Step = { id: "reach.keepAlive", of: "helpdesk" };
    const client = openClient();
    let connections = 0;
    client.on("connect", () => connections++);
    await send(step, '{"ticketType":"helpdesk"}', client);
    const { answered } = await send(step, '{"ticketType":"helpdesk"}', client);
    void client.destroy();
    const message = connections === 1 ? "a connection carried two requests" : "each request had a connection";
    change(step.id, { answered: answered && { ...answered, message }, verdict: "NEW" });
  }

  /** Compares with what was sent: the status of an update, or a field that a report of the new ticket shows. Null: there is nothing to compare. */
  async function remarkOn({ step, outcome, sent, json }: Ended): Promise<Remark | null> {
    if (outcome.outcome !== "accepted") return null;
    if (step.id === "zone") return zoneIn(json, new Date());
    if (step.id === "twice") {
      const isSame = outcome.ticket.id === ticketOf("accept.helpdesk");
      return { verdict: "NEW", message: isSame ? "the same ticket" : "a second ticket" };
    }
    if (step.of === "update") return step.expects ? echoOf(json, "statusLabel", statusIn(sent)) : null;
    if (step.echo === undefined || signal.aborted) return null;
    const update: Step = { id: step.id, of: "update", changes: { status: "OPEN" } };
    const report = await send(update, bodyOf(update, "", outcome.ticket.id, timeZone));
    if (report.outcome.outcome !== "accepted") return null;
    const value = (JSON.parse(sent) as JsonObject)[vendorName(step.of, step.echo)];
    const remark = echoOf(report.json, step.echo, String(value));
    return remark.message === "missing" ? { verdict: "NEW", message: "not reported" } : remark;
  }

  function note(ended: Ended, remark: Remark | null): void {
    const { step, outcome, answered } = ended;
    const verdict = worse(verdictOf(ended, endOf("accept.helpdesk") !== undefined), remark?.verdict);
    const message = [answered?.message, remark?.message].filter(Boolean).join("; ") || null;
    const field = outcome.outcome === "rejected" ? outcome.field : null;
    const before = probes.get(step.id)!;
    // A status is set for two tickets, and the worse answer is shown.
    if (before.outcome === null || worse(verdict, before.verdict) !== before.verdict)
      change(step.id, {
        answered: answered && { ...answered, message },
        verdict,
        outcome: OUTCOME_NAMES[outcome.outcome],
        field,
      });
    const taught = lesson(ended, timeZone);
    const key = taught && `${taught.status} ${taught.message}`;
    if (taught && key !== null && !lessons.has(key)) lessons.set(key, taught);
    if (step.of !== "update") noteTicket(ended);
  }

  /** Notes a ticket that an answer tells, also one that was not understood. */
  function noteTicket({ step, outcome, wire, isReached }: Ended): void {
    const text = wire?.body ? Buffer.from(wire.body).toString() : "";
    const [, told] = /"ticket_?id"\s*:\s*"?(?!null)([\w.:-]{1,255})/i.exec(text) ?? [];
    const [, number = null] = /"ticket_?number"\s*:\s*"?(\d{1,64})/i.exec(text) ?? [];
    const id = outcome.outcome === "accepted" ? outcome.ticket.id : told;
    if (id !== undefined) {
      tickets.set(id, { kind: step.of === "helpdesk" ? "HELPDESK" : "VOICE", id, number });
      if (!step.opens) unexpected.push(step.id);
    } else if (outcome.outcome === "unknown" && isReached && wire === null) doubtful.push(step.id);
  }
}

const statusIn = (sent: string) => String((JSON.parse(sent) as JsonObject)["status"]);

function worse(one: Verdict, other: Verdict = "NOT_TRIED"): Verdict {
  return VERDICTS[Math.max(VERDICTS.indexOf(one), VERDICTS.indexOf(other))]!;
}

function untried(id: string, steps: readonly Step[]): Probe {
  const { documented = null, assumption = null } = steps.find((step) => step.id === id) ?? {};
  return { id, documented, answered: null, verdict: "NOT_TRIED", outcome: null, field: null, assumption };
}

function verdictOf({ step, outcome, sentence, isReached }: Ended, isReadingAccepted: boolean): Verdict {
  const isAccepted = outcome.outcome === "accepted";
  if (!isReached) return "NOT_TRIED";
  if (step.id === "field.helpdeskTicketNumber") {
    if (isAccepted) return isReadingAccepted ? "NEW" : "DIFFERS";
    const isDemanded = outcome.outcome === "rejected" && outcome.field === "helpdeskTicketNumber";
    return isDemanded ? "AS_DOCUMENTED" : "NEW";
  }
  if (step.expects === undefined) return "NEW";
  if (step.expects === "ACCEPTED") return isAccepted ? "AS_DOCUMENTED" : "DIFFERS";
  if (outcome.outcome !== "rejected" || outcome.field !== step.field || sentence === null) return "DIFFERS";
  if (sentence === step.documented) return "AS_DOCUMENTED";
  return sentence.slice(1) === step.documented?.slice(1) ? "NEW" : "DIFFERS"; // its first letter changes case
}
