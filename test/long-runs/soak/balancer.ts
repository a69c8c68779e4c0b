import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { listening } from "../../supergraph/listening.ts";

/** Pause between two checks of readiness, and longest wait for one. Milliseconds; shorter than the drain lag of replicas. */
const CHECK_EVERY_MS = 200;
const CHECK_WITHIN_MS = 1000;

/** Starts a plain load balancer on loopback. It follows readiness, takes turns, and never repeats a request. */
export async function startBalancer() {
  /** Replicas by their URLs, and whether they are ready. */
  const replicas = new Map<string, boolean>();
  let turn = 0;
  const server = await listening(0, async (request, response) => {
    const ready = [...replicas].flatMap(([url, isReady]) => (isReady ? url : []));
    const body = await text(request);
    if (ready.length === 0) return response.writeHead(503).end();
    const headers = { "content-type": "application/json" };
    const answer = await fetch(ready[turn++ % ready.length]!, { method: "POST", headers, body });
    return response.writeHead(answer.status, headers).end(await answer.text());
  });
  /** Checks the readiness of a replica until it is removed. */
  const watch = async (url: string) => {
    for (; replicas.has(url); await sleep(CHECK_EVERY_MS)) {
      const isReady = await answersReady(url);
      if (replicas.has(url)) replicas.set(url, isReady);
    }
  };
  return {
    ...server,
    /** Adds the replica at `url`. Resolves when it receives requests. */
    async add(url: string) {
      replicas.set(url, false);
      void watch(url);
      while (!replicas.get(url)) await sleep(10);
    },
    remove: (url: string) => void replicas.delete(url),
    async [Symbol.asyncDispose]() {
      replicas.clear();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function answersReady(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(CHECK_WITHIN_MS);
  return fetch(new URL("/readyz", url), { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}
