/** Rehearses with the vendor: makes the calls of a plan one after the other, with the service's own client and reader. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "undici";
import type { TicketRequest } from "../src/tickets/request.ts";
import type { TitledDetail } from "../src/tickets/ticket.ts";
import { type Exchange, post } from "../src/sociomile/exchange.ts";
import { type JsonObject, readBody, ENDPOINTS } from "../src/sociomile/translate.ts";
import { outcomeOf } from "../src/sociomile/read.ts";
import type { Refusal } from "../src/sociomile/refusals.ts";
import { type RouteSettings, createRoute } from "../src/sociomile/route.ts";
import { keptAnswer } from "../src/sociomile/words.ts";
import { findingsAbout, ticketIn } from "./findings.ts";
import { type Depth, STEPS, type Step, bodyOf, requestOf, stepsOf, vendorName } from "./steps.ts";
import { type Call, type Probe, type Remark, echoOf, judge, lessonOf, untried, zoneIn } from "./verdicts.ts";

/** Calls in a row that do not reach the vendor, or that it limits, after which the rehearsal ends. */
const MOST_UNREACHED = 3;
/** Longest Retry-After that is waited for, in seconds. */
const MAX_RETRY_AFTER_S = 10;
/** Longest wait for one answer, and for that of the last call after a signal to stop. Milliseconds. */
const DEADLINE_MS = 10_000;
const LAST_WAIT_MS = 2000;
const STOPPED: Exchange = { ended: "failed", started: true, cause: "deadline" };

export interface RehearsalSettings extends RouteSettings {
  secret: string;
  timeZone: string;
  refusals: () => readonly Refusal[];
}

export type Rehearsed = Awaited<ReturnType<typeof rehearse>>;

/** Says what a rehearsal will do. Calls of `reach.keepAlive` are among those that open a ticket only where the vendor does not refuse. */
export function planOf(depth: Depth, baseUrl: string): string {
  const steps = stepsOf(depth);
  const opening = steps.filter(({ opens }) => opens).length;
  const others = 2 + steps.filter(({ opens, of }) => !opens && of !== "update").length;
  const calls = steps.length + 2 + steps.filter(({ isReported }) => isReported).length;
  return `${calls} calls to ${baseUrl}, one at a time. They may open ${opening} tickets, all marked as UJI COBA, and up to ${others} more where Sociomile does not refuse what it should.`;
}

/** Rehearses until the plan is through, the vendor cannot be reached or limits calls, or a signal. `onProgress` gets each step before its call. */
export async function rehearse(
  settings: RehearsalSettings,
  depth: Depth,
  signal: AbortSignal,
  onProgress: (text: string) => void,
) {
  const { baseUrl, secret, timeZone, refusals } = settings;
  const route = createRoute(settings);
  const openClient = () => route.openClient(DEADLINE_MS);
  const basePath = new URL(baseUrl).pathname.replace(/\/$/, "");
  const stopped = once(signal, "abort").then(() => sleep(LAST_WAIT_MS, STOPPED, { ref: false }));
  const startedAt = new Date();
  const steps = stepsOf(depth);
  const calls: Call[] = [];
  const connection = await tryToConnect();
  let unreached = connection.verdict === "DIFFERS" ? 1 : 0;
  const limits: Probe[] = [];
  let isLimited = false;

  for (const [nth, step] of steps.entries()) {
    if (signal.aborted || unreached >= MOST_UNREACHED) break;
    onProgress(`${nth + 1} of ${steps.length}: ${step.id}`);
    const ticketId = step.ticketOf === null ? undefined : ticketOf(step.ticketOf ?? "accept.voice");
    if (step.ticketOf && ticketId === undefined) continue;
    const request = requestOf(step, numberOf(nth), ticketId);
    const first = step.id === "twice" && calls.find((other) => other.step.id === "accept.helpdesk");
    const answer = await sendUnlimited(step, request, first ? first.sent : bodyOf(step, request, timeZone));
    isLimited = answer === null;
    if (answer === null) break;
    const isKnown = calls.some(({ ticketId: other }) => other !== undefined && other === answer.ticketId);
    const call = isKnown && step.of !== "update" ? { ...answer, ticketId: undefined } : answer;
    calls.push({ ...call, remark: await remarkOn(call) });
    unreached = call.isReached ? 0 : unreached + 1;
  }
  const isUnreachable = unreached >= MOST_UNREACHED;
  const isOver = signal.aborted || isLimited || isUnreachable;
  const keepAlive = isOver ? untried({ id: "reach.keepAlive" }) : await tryKeepAlive();
  const creates = calls.filter(({ step }) => step.of !== "update");
  const tickets = creates.map(ticketIn).filter((ticket) => ticket !== null);
  const lessons = calls.map((call) => lessonOf(call, timeZone)).filter((lesson) => lesson !== null);
  return {
    rehearsal: {
      address: baseUrl,
      startedAt: startedAt.toISOString(),
      tickets: firstOfEach(tickets, ({ id, number }) => id ?? `${number}`),
      probes: [connection, ...judge(STEPS, calls), keepAlive, ...limits, ...findingsAbout(calls)],
    },
    /** Probes that opened a ticket where none should be. */
    unexpected: idsOf(creates.filter((call) => !call.step.opens && ticketIn(call) !== null)),
    /** Creates whose effect nobody knows. */
    doubtful: idsOf(creates.filter(({ isReached, wire }) => isReached && wire === null)),
    /** Creates whose answer names a ticket, but was not understood: the shape of answers is their cause. */
    misread: idsOf(creates.filter((call) => call.step.opens && ticketIn(call)?.isCertain === false)),
    /** Refusals that would teach the service the answers that it did not understand. */
    lessons: firstOfEach(lessons, ({ status, message }) => `${status} ${message}`),
    end: signal.aborted ? ("interrupted" as const) : isUnreachable ? ("unreachable" as const) : ("done" as const),
  };

  /** Makes a number of nine digits that no other step has, and no other rehearsal of this day. */
  function numberOf(nth: number): string {
    const second = Math.floor(startedAt.getTime() / 1000) % 86_400;
    return `9${String(second).padStart(5, "0")}${String(nth).padStart(3, "0")}`;
  }

  function ticketOf(id: string): string | undefined {
    return calls.find(({ step, ticketId }) => step.id === id && ticketId !== undefined)?.ticketId;
  }

  /** Sends one body, and again after a limit of calls that ends soon. Null: it does not. */
  async function sendUnlimited(step: Step, request: TicketRequest, sent: string): Promise<Call | null> {
    for (let nth = 1; ; nth++) {
      const call = await send(step, request, sent);
      const [limit] = limitIn(call);
      if (!limit) return call;
      limits[0] ??= limit; // named once
      const { retryAfterSeconds: seconds = null } = call.answered!;
      if (seconds === null || seconds > MAX_RETRY_AFTER_S || nth >= MOST_UNREACHED || signal.aborted) return null;
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
    }
  }

  /** Each call has a connection of its own, on which no stray answer can come, unless `client` is given. */
  async function send(step: Step, request: TicketRequest, sent: string, client?: Client): Promise<Call> {
    const key = { wrong: "uji-coba-kunci-salah", missing: null, own: secret }[step.secret ?? "own"];
    const query = key === null ? "" : `?client_secret_key=${encodeURIComponent(key)}`;
    const message = { path: `${basePath}${ENDPOINTS[request.operation].path}${query}`, body: sent };
    const began = performance.now();
    const dispatcher = client ?? openClient();
    const answering = post(dispatcher, message, DEADLINE_MS, Infinity);
    const exchange = await Promise.race([answering, stopped]);
    const tookMs = Math.round(performance.now() - began);
    if (!client) void dispatcher.destroy();
    const outcome = outcomeOf(exchange, request, [secret], { timeZone, refusals, observe: () => {} });
    const call = { step, request, sent, outcome, remark: null };
    if (exchange.ended === "failed")
      return { ...call, isReached: exchange.started, wire: null, json: null, answered: null };
    const { answer: wire } = exchange;
    const ticketId = outcome.outcome === "accepted" ? outcome.ticket.id : undefined;
    const retryAfterSeconds = outcome.outcome === "notExecuted" ? outcome.retryAfterSeconds : null;
    const answered = { ...keptAnswer(wire, { request, sent, secrets: [secret] }), tookMs, retryAfterSeconds };
    const { json } = readBody(wire.body);
    const masked = json && { ...json, ...("message" in json && { message: answered.message }) };
    return { ...call, ticketId, isReached: true, wire, json: masked, answered };
  }

  /** Compares a call with an earlier one, or with what was sent: the status of an update, or a field that a report of the new ticket shows. */
  async function remarkOn({ step, sent, json, outcome, ticketId }: Call): Promise<Remark | null> {
    if (step.id === "twice" && outcome.outcome === "accepted")
      return { verdict: "NEW", message: ticketId === undefined ? "the same ticket" : "a second ticket" };
    if (ticketId === undefined) return null;
    if (step.id === "zone") return zoneIn(json, new Date());
    if (step.key !== undefined && ticketOf("accept.helpdesk") === undefined)
      return { verdict: "DIFFERS", message: "accepted with this name alone" };
    const body = JSON.parse(sent) as JsonObject;
    if (step.of === "update") return echoOf(json, "statusLabel", String(body["status"]));
    if (!step.isReported || signal.aborted) return null;
    const update: Step = { id: step.id, of: "update", status: "OPEN" };
    const request = requestOf(update, "", ticketId);
    const report = await send(update, request, bodyOf(update, request, timeZone));
    const http = report.answered ? `HTTP ${report.answered.status}` : "no answer";
    if (report.ticketId === undefined) return { verdict: "NEW", message: `not read back: ${http}` };
    const field = step.field as TitledDetail;
    const remark = echoOf(report.json, field, String(body[vendorName(step.of, field)]));
    return remark.message === "missing" ? { verdict: "NEW", message: "not reported" } : remark;
  }

  /** Opens a connection, and reports how long its certificate lasts. */
  async function tryToConnect(): Promise<Probe> {
    const began = performance.now();
    const error: NodeJS.ErrnoException | null = await route.tryToConnect();
    const tookMs = Math.round(performance.now() - began);
    const end = route.certificates()[0]?.end.toISOString();
    const message = error ? `no connection (${error.code ?? error.name})` : `certificate until ${end}`;
    const answered = { status: null, contentType: null, message, tookMs };
    const found = { answered, verdict: error ? ("DIFFERS" as const) : ("AS_DOCUMENTED" as const) };
    return { ...untried({ id: "reach.tls" }), ...((error ?? end) && found) };
  }

  /** Sends two requests that the document refuses over one client, and counts its connections. */
  async function tryKeepAlive(): Promise<Probe> {
    const step: Step = { id: "reach.keepAlive", of: "helpdesk" };
    const client = openClient();
    let connections = 0;
    client.on("connect", () => connections++);
    const body = '{"ticketType":"helpdesk"}';
    const request = requestOf(step, "");
    await send(step, request, body, client);
    const { answered } = await send(step, request, body, client);
    void client.destroy();
    const message = connections === 1 ? "a connection carried two requests" : "each request had a connection";
    return { ...untried(step), answered: answered && { ...answered, message }, verdict: "NEW" };
  }
}

/** Finds a limit of calls. That of a wrong secret may be another one. */
function limitIn({ step, outcome, answered }: Call): Probe[] {
  if (outcome.outcome !== "notExecuted" || answered?.status !== 429 || step.secret) return [];
  const { retryAfterSeconds: seconds, message: said } = answered;
  const message = `limited at ${step.id}, Retry-After ${seconds ?? "missing"}: ${said}`;
  const found = { verdict: "DIFFERS", outcome: "NOT_EXECUTED" } as const;
  return [{ ...untried({ id: "reach.throttled" }), ...found, answered: { ...answered, message } }];
}

const idsOf = (calls: readonly Call[]) => calls.map(({ step }) => step.id);

function firstOfEach<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...Map.groupBy(items, key).values()].map(([first]) => first!);
}
