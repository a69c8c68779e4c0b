import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../bench/measures.ts";
import { serviceOn, startTarget, startSandboxProcess } from "../bench/targets.ts";
import { graphqlWorks } from "../bench/works.ts";
import { watchMemory } from "./memory-watch.ts";
import type { Tell } from "../watched.ts";

interface OverloadPlan {
  ledgerUrl: string;
  ms: number;
  vendorMs: number;
  /** Numbers of callers with which the highest rate is searched, and the time for each. */
  fitting: readonly number[];
  fittingMs: number;
}

const TIMES = 10;
const AGAIN_AFTER_MS = 1000;
/** Pause between the overload and the last look at the memory, as a share of the overload. */
const CALM = 1 / 12;

/**
 * Measures the highest rate of the service, then calls it with ten times as many callers. Refused callers ignore Retry-After
 * and wait only as long as a request takes, so that they really ask ten times too much.
 */
export async function overload({ ledgerUrl, ms, vendorMs, fitting, fittingMs }: OverloadPlan, tell: Tell) {
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
    tell(`${callers} callers: ${perSecond} tickets/s`);
    if (perSecond > most) [fit, most] = [callers, perSecond];
  }

  const since = performance.now();
  const residentBefore = memory.median(since - fittingMs);
  const crowd = await drive(fit * TIMES, ms, (fit / most) * 1000);
  const residentPeak = memory.peak(since);
  tell(`${fit * TIMES} callers: ${crowd.perSecond(crowd.latencies.length)} tickets/s`);
  await sleep(ms * CALM);
  const { executed } = (await controlSandbox(vendor.origin, "counts", {})) as { executed: number };
  return {
    // number of callers with the highest rate of tickets, and that rate
    fit,
    mostPerSecond: most,
    // all that come, and the results of their requests
    callers: fit * TIMES,
    offeredPerSecond: crowd.perSecond(crowd.offered),
    ticketsPerSecond: crowd.perSecond(crowd.latencies.length),
    shedPerSecond: crowd.perSecond(crowd.shed), // refused with 503 by admission control
    shedWithoutRetryAfter: crowd.shedWithoutRetryAfter, // must be 0
    overloadedPerSecond: crowd.perSecond(crowd.overloaded), // 200 with SOCIOMILE_UNAVAILABLE by the bulkhead
    others: crowd.others, // wrong answers, broken connections, other problems; must be empty
    p99Ms: Math.round(percentile(crowd.latencies, 0.99)), // from a request to its ticket
    // that callers received, and that the vendor created, in the whole run; must be equal
    tickets,
    vendorTickets: executed,
    // memory of the service in MiB; NaN when unknown
    residentBefore,
    residentPeak,
    residentAfter: memory.median(performance.now() - (ms * CALM) / 2),
    ended: service.hasEnded(), // must be false
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
