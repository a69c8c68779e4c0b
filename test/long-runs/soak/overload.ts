import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../bench/measures.ts";
import { serviceOn, startTarget, startSandboxProcess } from "../bench/targets.ts";
import { graphqlWorks } from "../bench/works.ts";
import { watchMemory } from "./memory-watch.ts";
import type { Tell } from "../watched.ts";

/** Effects of ten times too many callers. */
export interface OverloadReport {
  /** Number of callers with the highest rate of tickets, and that rate in tickets a second. */
  fit: number;
  mostPerSecond: number;
  callers: number;
  /** Results of all callers' requests, for each second. */
  offeredPerSecond: number;
  ticketsPerSecond: number;
  /** Requests that admission control refused with 503. */
  shedPerSecond: number;
  /** Refusals without Retry-After. Must be 0. */
  shedWithoutRetryAfter: number;
  /** Requests that the bulkhead refused: 200 with SOCIOMILE_UNAVAILABLE. */
  overloadedPerSecond: number;
  /** Counts of all other ends of a request: wrong answers, broken connections, other problems. Must be empty. */
  others: Record<string, number>;
  /** Time from a request to its ticket, for 99 of 100. */
  p99Ms: number;
  /** Tickets that callers received, and that the vendor created, in the whole run. Must be equal. */
  tickets: number;
  vendorTickets: number;
  /** Memory of the service in MiB: before the overload, largest during it, and some seconds later. NaN when unknown. */
  residentBefore: number;
  residentPeak: number;
  residentAfter: number;
  /** True when the service ended. Must be false. */
  ended: boolean;
}

export interface OverloadPlan {
  ledgerUrl: string;
  /** Duration of the overload. */
  ms: number;
  /** Time for the vendor's answer. */
  vendorMs: number;
  /** Numbers of callers with which the highest rate is searched, and the time for each. */
  fitting: readonly number[];
  fittingMs: number;
}

const TIMES = 10;
/** Pause of refused callers while the highest rate is searched, in milliseconds. */
const AGAIN_AFTER_MS = 1000;
/** Pause between the overload and the last look at the memory, as a share of the overload. */
const CALM = 1 / 12;

/**
 * Measures the highest rate of the service, then calls it with ten times as many callers. Refused callers ignore Retry-After
 * and wait only as long as a request takes, so that they really ask ten times too much.
 */
export async function overload(
  { ledgerUrl, ms, vendorMs, fitting, fittingMs }: OverloadPlan,
  progress: Tell,
): Promise<OverloadReport> {
  await using vendor = await startSandboxProcess();
  await using service = await startTarget(serviceOn("SQLite", vendor.origin, ledgerUrl));
  await controlSandbox(vendor.origin, "mood", {
    method: "PUT",
    body: JSON.stringify({ mood: "well", delayMs: vendorMs }),
  });
  using memory = watchMemory(service.residentMiB);

  let tickets = 1; // opened by the first check of the service
  const drive = async (callers: number, forMs: number, pauseMs: number) => {
    const crowd = new Crowd(service.origin, pauseMs);
    await crowd.call(callers, forMs);
    tickets += crowd.latencies.length;
    return crowd;
  };
  let [fit, most] = [0, 0];
  for (const callers of fitting) {
    const crowd = await drive(callers, fittingMs, AGAIN_AFTER_MS);
    const perSecond = crowd.perSecond(crowd.latencies.length);
    progress(`${callers} callers: ${perSecond} tickets/s`);
    if (perSecond > most) [fit, most] = [callers, perSecond];
  }

  const since = performance.now();
  const residentBefore = memory.median(since - fittingMs);
  const crowd = await drive(fit * TIMES, ms, (fit / most) * 1000);
  const residentPeak = memory.peak(since);
  progress(`${fit * TIMES} callers: ${crowd.perSecond(crowd.latencies.length)} tickets/s`);
  await sleep(ms * CALM);
  const { executed } = (await controlSandbox(vendor.origin, "counts", {})) as { executed: number };
  return {
    fit,
    mostPerSecond: most,
    callers: fit * TIMES,
    offeredPerSecond: crowd.perSecond(crowd.offered),
    ticketsPerSecond: crowd.perSecond(crowd.latencies.length),
    shedPerSecond: crowd.perSecond(crowd.shed),
    shedWithoutRetryAfter: crowd.shedWithoutRetryAfter,
    overloadedPerSecond: crowd.perSecond(crowd.overloaded),
    others: crowd.others,
    p99Ms: Math.round(percentile(crowd.latencies, 0.99)),
    tickets,
    vendorTickets: executed,
    residentBefore,
    residentPeak,
    residentAfter: memory.median(performance.now() - (ms * CALM) / 2),
    ended: service.hasEnded(),
  };
}

async function controlSandbox(vendorUrl: string, what: string, init: RequestInit): Promise<unknown> {
  return (await fetch(`${vendorUrl}/sandbox/${what}`, init)).json();
}

/** Many callers. Each has one request at a time and repeats its key until it has its ticket. */
class Crowd {
  /** Time of each ticket, in milliseconds. */
  readonly latencies: number[] = [];
  offered = 0;
  shed = 0;
  shedWithoutRetryAfter = 0;
  overloaded = 0;
  readonly others: Record<string, number> = {};
  readonly #pool: Pool;
  readonly #pauseMs: number;
  readonly #work = graphqlWorks.helpdesk();
  #seconds = 0;

  constructor(origin: string, pauseMs: number) {
    this.#pool = new Pool(origin); // of as many connections as there are callers
    this.#pauseMs = pauseMs;
  }

  async call(callers: number, ms: number): Promise<void> {
    const began = performance.now();
    await Promise.all(Array.from({ length: callers }, () => this.#caller(began + ms)));
    this.#seconds = (performance.now() - began) / 1000;
    await this.#pool.destroy();
  }

  perSecond(count: number): number {
    return Math.round(count / this.#seconds);
  }

  async #caller(until: number): Promise<void> {
    let body = this.#work.body();
    while (performance.now() < until) {
      try {
        if (await this.#try(body)) body = this.#work.body();
        else await sleep(this.#pauseMs);
      } catch (error) {
        const what = /"code":"([A-Z_]+)"/.exec(String(error))?.[1] ?? String(error);
        this.others[what] = (this.others[what] ?? 0) + 1;
        await sleep(this.#pauseMs);
      }
    }
  }

  /** True: it opened a ticket. False: it was refused. */
  async #try(requestBody: string): Promise<boolean> {
    const began = performance.now();
    this.offered++;
    const { statusCode, headers, body } = await this.#pool.request({
      method: "POST",
      path: this.#work.path,
      headers: { "content-type": "application/json" },
      body: requestBody,
    });
    const answer = await body.text();
    if (statusCode === 503) {
      this.shed++;
      if (!/^\d+$/.test(String(headers["retry-after"]))) this.shedWithoutRetryAfter++;
      return false;
    }
    if (answer.includes('"SOCIOMILE_UNAVAILABLE"')) {
      this.overloaded++;
      return false;
    }
    this.#work.check(answer);
    this.latencies.push(performance.now() - began);
    return true;
  }
}
