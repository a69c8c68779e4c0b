import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, openConnection } from "./connections.ts";
import type { Work } from "./works.ts";

/** Address of requests. */
export interface Address {
  origin: string;
  headers: Readonly<Record<string, string>>;
}

/** Requests at once in a closed loop. */
export const CONNECTIONS = 64;

/** Share of a slice that is not counted, because connections are still opened then, also behind the target. */
const SETTLING = 0.1;

/**
 * Share of a slice for which the target must have run on a core. On a busy machine a slice goes on until then, at most LONGEST times as
 * long: a slice with few requests says little.
 */
const LEAST_RUN = 0.3;
const LONGEST = 5;
/** Interval between two looks at a slice that goes on. Milliseconds. */
const LOOK_EVERY_MS = 50;

/** Result of a slice of a closed loop. */
export interface Busy {
  requests: number;
  seconds: number;
  cpuMicros: number;
}

/** Runs a closed loop for a slice: each connection sends its next request after the last answer. Rejects when an answer is wrong. */
export async function keepBusy(
  { address, cpuMicros }: { address: Address; cpuMicros: () => number },
  work: Work,
  ms: number,
): Promise<Busy> {
  using connections = await openConnections(address);
  const loop = { answered: 0, stopping: false };
  const loops = connections.all.map(async (connection) => {
    while (!loop.stopping) {
      work.check(await connection.post(work.next()));
      loop.answered += 1;
    }
  });
  const failing = Promise.all(loops);
  const now = () => ({ answered: loop.answered, cpu: cpuMicros(), at: performance.now() });
  await Promise.race([sleep(ms * SETTLING), failing]);
  const before = now();
  await Promise.race([sleep(ms * (1 - SETTLING)), failing]);
  let after = now();
  while (after.cpu - before.cpu < ms * LEAST_RUN * 1000 && after.at - before.at < ms * LONGEST) {
    await Promise.race([sleep(LOOK_EVERY_MS), failing]);
    after = now();
  }
  loop.stopping = true;
  await failing;
  return {
    requests: after.answered - before.answered,
    seconds: (after.at - before.at) / 1000,
    cpuMicros: after.cpu - before.cpu,
  };
}

/**
 * Runs an open loop: requests leave at a fixed rate, independent of earlier ones. Latencies are in milliseconds from the planned
 * time of each request. Rejects when an answer is wrong.
 */
export async function keepPace(
  address: Address,
  work: Work,
  { ms, perSecond }: { ms: number; perSecond: number },
): Promise<number[]> {
  using connections = await openConnections(address);
  const latencies: number[] = [];
  const free = [...connections.all];
  const waiting: ((connection: Connection) => void)[] = [];
  const send = async (dueAt: number, counts: boolean) => {
    const connection = free.pop() ?? (await new Promise<Connection>((resolve) => void waiting.push(resolve)));
    work.check(await connection.post(work.next()));
    if (counts) latencies.push(performance.now() - dueAt);
    const next = waiting.shift();
    if (next) next(connection);
    else free.push(connection);
  };
  const sent: Promise<void>[] = [];
  const begin = performance.now();
  for (let index = 0; index < (ms / 1000) * perSecond; index++) {
    const dueAfter = (index / perSecond) * 1000;
    const early = begin + dueAfter - performance.now();
    if (early > 0) await sleep(early);
    const leavesAt = Math.min(begin + dueAfter, performance.now()); // a timer may end a millisecond early
    sent.push(send(leavesAt, dueAfter > ms * SETTLING));
  }
  await Promise.all(sent);
  return latencies;
}

async function openConnections({ origin, headers }: Address): Promise<{ all: Connection[] } & Disposable> {
  const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(origin, headers)));
  return {
    all,
    [Symbol.dispose]() {
      for (const connection of all) connection.close();
    },
  };
}

/** Posts once, on a connection of its own. */
export async function postOnce({ origin, headers }: Address, work: Work): Promise<string> {
  const connection = await openConnection(origin, headers);
  try {
    return work.check(await connection.post(work.next()));
  } finally {
    connection.close();
  }
}

/** Posts `count` requests over all connections. Returns the ids of their tickets. */
export async function postAll(address: Address, work: Work, count: number): Promise<string[]> {
  using connections = await openConnections(address);
  const ids: string[] = [];
  let left = count;
  const loops = connections.all.map(async (connection) => {
    while (left-- > 0) ids.push(work.check(await connection.post(work.next())));
  });
  await Promise.all(loops);
  return ids;
}
