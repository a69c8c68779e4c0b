/** One call of a rehearsal, with the service's own client and reader. */
import type { Outcome, VendorAnswer } from "../../tickets/outcome.ts";
import { type Exchange, MAX_ANSWER_BYTES, type WireAnswer, post } from "../exchange.ts";
import { type JsonObject, isObject, parseVendorJson } from "../json.ts";
import { failure, notUnderstood } from "../outcomes.ts";
import { holdsSecret, readAnswer, sentenceOf } from "../read.ts";
import type { Refusal } from "../refusals.ts";
import { type RouteSettings, routeTo } from "../route.ts";
import { toWire } from "../translate.ts";
import { keptAnswer } from "../words.ts";
import { requestOf } from "./bodies.ts";
import type { Step } from "./plan.ts";

/** Longest wait for one answer, and for that of the last call after a signal to stop. Milliseconds. */
const DEADLINE_MS = 10_000;
const LAST_WAIT_MS = 2000;

/** Answer, or the end of a call without one. */
export interface Ended {
  step: Step;
  /** Body as it was sent. */
  sent: string;
  outcome: Outcome;
  wire: WireAnswer | null;
  /** Body of the answer. Null: it is no object of JSON. */
  json: JsonObject | null;
  /** Sentence of the answer, as it came. */
  sentence: string | null;
  answered: (VendorAnswer & { tookMs: number }) | null;
  isReached: boolean;
}

export interface RehearsalSettings extends RouteSettings {
  secret: string;
  timeZone: string;
  refusals: readonly Refusal[];
}

/** Makes the function that sends one body. Each call has a connection of its own, on which no stray answer can come, unless `client` is given. */
export function createCall(settings: RehearsalSettings, signal: AbortSignal) {
  const { baseUrl, secret, timeZone, refusals } = settings;
  const route = routeTo(settings);
  const basePath = new URL(baseUrl).pathname.replace(/\/$/, "");
  const timeout = 2 * DEADLINE_MS; // a second line behind the deadline
  const options = { headersTimeout: timeout, bodyTimeout: timeout, maxResponseSize: MAX_ANSWER_BYTES };
  const openClient = () => route.openClient({ ...options, allowH2: false });
  return { route, openClient, send };

  async function send(step: Step, sent: string, client?: ReturnType<typeof openClient>): Promise<Ended> {
    const request = requestOf(step.of, sent);
    const key = { wrong: "uji-coba-kunci-salah", missing: null, own: secret }[step.secret ?? "own"];
    const query = key === null ? "" : `?client_secret_key=${encodeURIComponent(key)}`;
    const message = { path: `${basePath}${toWire(request, timeZone).path}${query}`, body: sent };
    const began = performance.now();
    const dispatcher = client ?? openClient();
    const answering = post(dispatcher, message, { deadlineMs: DEADLINE_MS, startBy: Infinity });
    const exchange = await Promise.race([answering, lastWait()]);
    const tookMs = Math.round(performance.now() - began);
    if (!client) void dispatcher.destroy();
    const none = { step, sent, wire: null, json: null, sentence: null, answered: null };
    if (exchange.ended === "failed")
      return { ...none, outcome: failure(exchange), isReached: exchange.started };
    const { answer: wire } = exchange;
    const sentence = sentenceOf(wire);
    const read = readAnswer(request, wire, { timeZone, notice: () => {}, refusals });
    const outcome = holdsSecret(read, [secret]) ? notUnderstood() : read;
    const answered = { ...keptAnswer(wire, sentence, { request, sent, secrets: [secret] }), tookMs };
    const parsed = wire.body && parseVendorJson(Buffer.from(wire.body).toString());
    const json = isObject(parsed) ? parsed : null;
    return { step, sent, outcome, wire, json, sentence, answered, isReached: true };
  }

  /** Ends the last call a little after a signal to stop, whatever became of it. */
  function lastWait(): Promise<Exchange> {
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    const giveUp = () => resolve({ ended: "failed", started: true, cause: "deadline" });
    const end = () => void setTimeout(giveUp, LAST_WAIT_MS).unref();
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return promise;
  }
}
