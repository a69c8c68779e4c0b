import { setTimeout as sleep } from "node:timers/promises";
import { type Stages, createAttempt } from "./attempt.ts";
import type { Delivery, Ledger, TicketingSystem } from "./ports.ts";
import type { Submission } from "./submission.ts";

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
  const sendAndSettle = createAttempt(ticketing, ledger);
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
    const { request, tries } = delivery;
    // Nobody waits for the answer, so Sociomile has its whole time.
    const attempt = { reserved: delivery, request, answerBy: Infinity, triesBefore: tries };
    const { submission } = await sendAndSettle(attempt, tookMs);
    const isQueued = submission.state === "QUEUED";
    atOnce = isQueued ? Math.max(1, Math.floor(atOnce / 2)) : Math.min(2 * atOnce, ticketing.deliveryLimit);
    ended({ submission, traceParent: request.traceParent ?? null, startedAt, tookMs });
  }
}
