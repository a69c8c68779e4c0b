import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../bench/measures.ts";
import { serviceOn, startTarget, startSandboxProcess } from "../bench/targets.ts";
import { graphqlWorks } from "../bench/works.ts";
import { watchMemory } from "./memory-watch.ts";
import type { Amounts, Tell } from "../watched.ts";

/** `fitting`: numbers of callers with which the highest rate is searched, each for `fittingMs`. The overload lasts `ms`. */
type Plan = { ledgerUrl: string; fitting: readonly number[] } & Amounts<"ms" | "vendorMs" | "fittingMs">;

const TIMES = 10;
/** Pause between the overload and the last look at the memory, as a share of the overload. */
const CALM = 1 / 12;

/**
 * Measures the highest rate of the service, then calls it with ten times as many callers. Refused callers ignore Retry-After
 * and wait only as long as a request takes, so that they really ask ten times too much.
 */
export async function overload({ ledgerUrl, ms, vendorMs, fitting, fittingMs }: Plan, tell: Tell) {
  await using vendor = await startSandboxProcess();
  await using service = await startTarget(serviceOn("SQLite", vendor.origin, ledgerUrl));
  const mood = JSON.stringify({ mood: "well", delayMs: vendorMs });
  await controlSandbox(vendor.origin, "mood", { method: "PUT", body: mood });
  using memory = watchMemory(service.residentMiB);

  let tickets = 1; // opened by the first check of the service
  const drive = async (callers: number, forMs: number, pauseMs: number) => {
    const seen = await crowd(service.origin, callers, forMs, pauseMs);
    tickets += seen.latencies.length;
    return seen;
  };
  let [fit, most] = [0, 0];
  const fittedMs = fitting.length * fittingMs;
  for (const [nth, callers] of fitting.entries()) {
    const seen = await drive(callers, fittingMs, 1000);
    tell(`${callers} callers: ${seen.ticketsPerSecond} tickets/s`, ((nth + 1) * fittingMs) / (fittedMs + ms));
    if (seen.ticketsPerSecond > most) [fit, most] = [callers, seen.ticketsPerSecond];
  }

  const since = performance.now();
  const residentBefore = memory.median(since - fittingMs);
  const { latencies, ...seen } = await drive(fit * TIMES, ms, (fit / most) * 1000);
  const residentPeak = memory.peak(since);
  tell(`${fit * TIMES} callers: ${seen.ticketsPerSecond} tickets/s`);
  await sleep(ms * CALM);
  const { executed } = (await controlSandbox(vendor.origin, "counts", {})) as { executed: number };
  return {
    // number of callers with the highest rate of tickets, and that rate
    fit,
    mostPerSecond: most,
    // all that come, and the results of their requests
    callers: fit * TIMES,
    ...seen,
    p99Ms: Math.round(percentile(latencies, 0.99)), // from a request to its ticket
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

/** Lets many callers ask for `forMs`. Each has one request at a time and repeats its key until it has its ticket. */
async function crowd(origin: string, callers: number, forMs: number, pauseMs: number) {
  const pool = new Pool(origin); // of as many connections as there are callers
  const work = graphqlWorks.helpdesk();
  const sent = { "content-type": "application/json" };
  const request = { method: "POST", path: work.path, headers: sent } as const;
  const latencies: number[] = []; // of each ticket, in milliseconds
  const others: Record<string, number> = {};
  let [offered, shed, shedWithoutRetryAfter, overloaded] = [0, 0, 0, 0];

  /** True: it opened a ticket. False: it was refused. */
  const asks = async (requestBody: string): Promise<boolean> => {
    const leftAt = performance.now();
    offered++;
    const { statusCode, headers, body } = await pool.request({ ...request, body: requestBody });
    const answer = await body.text();
    const isShed = statusCode === 503;
    const isOverloaded = !isShed && answer.includes('"SOCIOMILE_UNAVAILABLE"');
    if (isShed) shed++;
    if (isShed && !/^\d+$/.test(String(headers["retry-after"]))) shedWithoutRetryAfter++;
    if (isOverloaded) overloaded++;
    if (isShed || isOverloaded) return false;
    work.check(answer);
    latencies.push(performance.now() - leftAt);
    return true;
  };
  const began = performance.now();
  const caller = async () => {
    let body = work.body();
    while (performance.now() < began + forMs) {
      const isOpened = await asks(body).catch((error: unknown) => {
        const what = /"code":"([A-Z_]+)"/.exec(String(error))?.[1] ?? String(error);
        others[what] = (others[what] ?? 0) + 1;
        return false;
      });
      if (isOpened) body = work.body();
      else await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - began) / 1000;
  await pool.destroy();
  const perSecond = (count: number) => Math.round(count / seconds);
  return {
    latencies,
    offeredPerSecond: perSecond(offered),
    ticketsPerSecond: perSecond(latencies.length),
    shedPerSecond: perSecond(shed), // refused with 503 by admission control
    shedWithoutRetryAfter, // must be 0
    overloadedPerSecond: perSecond(overloaded), // 200 with SOCIOMILE_UNAVAILABLE by the bulkhead
    others, // wrong answers, broken connections, other problems; must be empty
  };
}
