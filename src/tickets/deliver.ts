/** The way of a reserved request to Sociomile. Submissions of callers and later deliveries share it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Ledger, TicketingSystem, Pause, Reserved, Sent } from "./ports.ts";
import type { Submission } from "./submission.ts";
import type { TicketRequest } from "./request.ts";

/** A delivery that has ended, with the state to which it brought its submission. */
export interface Delivered {
  submission: Submission;
  /** Trace of the request that was queued. Null: it had none. */
  traceParent: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number;
  tookMs: Stages;
}

/** Longest pause between two looks for queued requests, when there were none to send. Milliseconds. */
const IDLE_MS = 1000;
/** Shortest pause between two looks. Each reserves several requests; callers who wait need the processor too. Milliseconds. */
const BUSY_MS = 200;

/** Delivers queued requests until it is stopped. Any number of replicas may deliver from one ledger. */
export function startDeliveries(
  ticketing: TicketingSystem,
  ledger: Pick<Ledger, "reserveQueued" | "settle">,
  ended: (delivered: Delivered) => void,
) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();
  /** Deliveries that may be under way. The number halves with each one that stays queued, and doubles with each other. */
  let atOnce = ticketing.deliveryLimit;
  const looking = lookUntilStopped();
  return {
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose](): Promise<void> {
      stopping.abort();
      await looking;
      await Promise.all(running);
    },
  };

  async function lookUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      const foundNone = await lookOnce();
      await pause(BUSY_MS);
      // The next look comes early when a delivery ends.
      if (foundNone) await Promise.race([pause(IDLE_MS - BUSY_MS), ...running]);
    }
  }

  /** Begins as many deliveries as the limits allow. True: it looked and found none. */
  async function lookOnce(): Promise<boolean> {
    const limit = Math.min(atOnce - running.size, ticketing.freeCalls);
    if (limit <= 0) return false;
    const deliveries = await ledger.reserveQueued(limit).catch(() => []); // a ledger that is down is asked again
    for (const delivery of deliveries) {
      const work = deliver(delivery).finally(() => running.delete(work));
      running.add(work);
    }
    return deliveries.length === 0;
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const tookMs: Stages = {};
    const startedAt = Date.now();
    const { request, waitedMs } = delivery;
    // Nobody waits for the answer, so Sociomile has its whole time.
    const { submission } = await sendAndSettle(delivery, request, Infinity, waitedMs, { ticketing, ledger }, tookMs);
    const isQueued = submission.state === "QUEUED";
    atOnce = isQueued ? Math.max(1, Math.floor(atOnce / 2)) : Math.min(2 * atOnce, ticketing.deliveryLimit);
    ended({ submission, traceParent: request.traceParent ?? null, startedAt, tookMs });
  }
}

interface Ports {
  ticketing: TicketingSystem;
  ledger: Pick<Ledger, "settle">;
}

/** Duration of each stage in milliseconds; a stage that was not reached is absent. */
export interface Stages {
  reserve?: number;
  send?: number;
  settle?: number;
}

/** Shortest and longest pause between attempts to deliver a request. Milliseconds. */
const SHORTEST_PAUSE_MS = 5000;
const LONGEST_MS = 5 * 60_000;
/** Largest part of a pause that chance adds or removes, so that requests do not come back together. */
const JITTER = 0.2;

/** Pause of a request that did not leave this process because the circuit breaker opened. It costs no try. Milliseconds. */
const NOT_TRIED_PAUSE_MS = 1000;

/** Returns the pause of a request that has waited for some time: as long again, so that it doubles with each attempt. */
export function pauseAfter(waitedMs: number): number {
  const pauseMs = Math.min(Math.max(waitedMs, SHORTEST_PAUSE_MS), LONGEST_MS);
  return Math.round(pauseMs * (1 + JITTER * (2 * Math.random() - 1)));
}

/**
 * Sends a reserved request at most once, and records the outcome. `waitedMs`: time for which it has waited for delivery; null:
 * it is never queued, and its caller gets a request that was not executed.
 */
export async function sendAndSettle(
  reserved: Reserved,
  request: TicketRequest,
  answerBy: number,
  waitedMs: number | null,
  { ticketing, ledger }: Ports,
  tookMs: Stages,
) {
  const { decidedAt, submission } = reserved;
  const sender = { clientId: submission.clientId, submissionId: submission.id, decidedAt, answerBy };
  const sent = await timeCall(tookMs, "send", ticketing.send(request, sender));
  const pauseMs = waitedMs === null ? null : pauseOf(waitedMs, sent);
  const settled = await timeCall(tookMs, "settle", ledger.settle(reserved, request, sent, pauseMs));
  // This answer may belong to another request. Then the next answer on the same connection may be wrong too.
  if (settled.submission.reason === "TICKET_ID_REPEATED") ticketing.renewConnections();
  return { ...settled, outcome: sent.outcome };
}

/** Returns the pause until the next try: at least what Sociomile asks for. A person mends settings that it refused. */
function pauseOf(waitedMs: number, { outcome, tries, answer }: Sent): Pause {
  const pauseMs = tries === 0 ? NOT_TRIED_PAUSE_MS : pauseAfter(waitedMs);
  if (outcome.outcome !== "notExecuted") return pauseMs;
  if (answer && outcome.reason === "SOCIOMILE_SETTINGS_REFUSED") return "person";
  return Math.max(pauseMs, (outcome.retryAfterSeconds ?? 0) * 1000);
}

export async function timeCall<Result>(tookMs: Stages, stage: keyof Stages, work: Promise<Result>) {
  const started = performance.now();
  const result = await work;
  tookMs[stage] = millisecondsSince(started);
  return result;
}

/** Milliseconds since a time of the monotonic clock, with one decimal at most. */
export function millisecondsSince(time: number): number {
  return Math.round((performance.now() - time) * 10) / 10;
}
