import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { openLoop } from "../open-loop.ts";
import type { Server } from "./processes.ts";

export interface Work {
  path: string;
  /** Makes the JSON text of the next request, with a new key or for the next ticket. */
  body: () => string;
  /** Returns the id of a ticket in an answer. Throws when the answer is wrong. */
  check: (answer: string) => string;
  /** Number of equal parts of a request, each of which is counted; 1 by default. */
  parts?: number;
  /** Requests at once in a closed loop; CONNECTIONS by default. */
  atOnce?: number;
}

export const CONNECTIONS = 64;

/** Share of a slice that is not counted, because connections are still opened then, also behind the target. */
const SETTLING = 0.1;
/** Share of a slice for which the target must have run on a core. On a busy machine a slice goes on until then: few requests say little. */
const LEAST_RUN = 0.3;
const LOOK_EVERY_MS = 50;

/** Runs a closed loop for a slice: each connection sends its next request after the last answer. Rejects when an answer is wrong. */
export async function keepBusy(
  { origin, cpuMicros }: Server,
  work: Work,
  ms: number,
): Promise<{ microsEach: number; perSecond: number }> {
  await using pool = poolOf(origin);
  const loop = { answered: 0, stopping: false };
  const loops = Array.from({ length: work.atOnce ?? CONNECTIONS }, async () => {
    while (!loop.stopping) {
      await pool.send(work);
      loop.answered += work.parts ?? 1;
    }
  });
  const failing = Promise.all(loops);
  const now = () => ({ answered: loop.answered, cpu: cpuMicros(), at: performance.now() });
  await Promise.race([sleep(ms * SETTLING), failing]);
  const before = now();
  let after = before;
  while (after.at < before.at + ms * (1 - SETTLING) || after.cpu < before.cpu + ms * LEAST_RUN * 1000) {
    await Promise.race([sleep(LOOK_EVERY_MS), failing]);
    after = now();
  }
  loop.stopping = true;
  await failing;
  const answered = after.answered - before.answered;
  const seconds = (after.at - before.at) / 1000;
  return { microsEach: (after.cpu - before.cpu) / answered, perSecond: answered / seconds };
}

/**
 * Runs an open loop: requests leave at a fixed rate, independent of earlier ones. Latencies are in milliseconds from the planned
 * time of each request. Rejects when an answer is wrong.
 */
export async function keepPace(
  { origin, cpuMicros }: Server,
  work: Work,
  requests: number,
  perSecond: number,
): Promise<{ microsEach: number; latencies: number[] }> {
  await using pool = poolOf(origin);
  const settled = Math.ceil(requests * SETTLING);
  const begin = performance.now();
  let [before, left] = [0, 0];
  const all = await openLoop(
    perSecond,
    () => left === requests,
    async (nth) => {
      left++;
      if (nth === settled) before = cpuMicros();
      // A timer may end a millisecond early.
      const leftAt = Math.min(begin + (nth / perSecond) * 1000, performance.now());
      await pool.send(work);
      return performance.now() - leftAt;
    },
  );
  const latencies = all.slice(settled);
  return { microsEach: (cpuMicros() - before) / latencies.length, latencies };
}

/** Posts `count` requests. Returns the ids of their tickets. */
export async function postAll(origin: string, work: Work, count: number): Promise<string[]> {
  await using pool = poolOf(origin);
  return await Promise.all(Array.from({ length: count }, () => pool.send(work)));
}

/** Opens connections to a server, CONNECTIONS at most. A request waits for a free one. */
export function poolOf(origin: string): { send: (work: Work) => Promise<string> } & AsyncDisposable {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const headers = { "content-type": "application/json" };
  return {
    async send({ path, body, check }) {
      const answer = await pool.request({ method: "POST", path, headers, body: body() });
      return check(await answer.body.text());
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
