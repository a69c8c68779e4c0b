import { once } from "node:events";
import {
  Agent,
  type IncomingMessage,
  type ServerResponse,
  createServer,
  request as httpRequest,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Pause between two checks of readiness, and longest wait for one. Milliseconds; shorter than the drain lag of replicas. */
const CHECK_EVERY_MS = 200;
const CHECK_WITHIN_MS = 1000;

/** A plain load balancer on loopback. It follows readiness, takes turns, and never repeats a request. */
export interface Balancer extends AsyncDisposable {
  url: string;
  /** Adds the replica at `url`. Resolves when it receives requests. */
  add(url: string): Promise<void>;
  remove(url: string): void;
}

interface Backend {
  origin: string;
  agent: Agent;
  isReady: boolean;
}

export async function startBalancer(): Promise<Balancer> {
  const backends = new Set<Backend>();
  let turn = 0;
  const next = () => {
    const ready = [...backends].filter(({ isReady }) => isReady);
    return ready[turn++ % ready.length];
  };
  const server = createServer((request, response) => {
    const backend = next();
    if (backend) pass(request, response, backend);
    else response.writeHead(503).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");

  const remove = (backend: Backend) => {
    backends.delete(backend);
    backend.agent.destroy();
  };
  /** Checks the readiness of a replica until it is removed. */
  const watch = async (backend: Backend) => {
    while (backends.has(backend)) {
      await sleep(CHECK_EVERY_MS);
      backend.isReady = await answersReady(backend);
    }
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async add(url) {
      const backend = { origin: new URL(url).origin, agent: new Agent({ keepAlive: true }), isReady: false };
      while (!backend.isReady) backend.isReady = await answersReady(backend);
      backends.add(backend);
      void watch(backend);
    },
    remove(url) {
      for (const backend of backends) if (backend.origin === new URL(url).origin) remove(backend);
    },
    async [Symbol.asyncDispose]() {
      for (const backend of backends) remove(backend);
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answersReady({ origin }: Backend): Promise<boolean> {
  return fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(CHECK_WITHIN_MS) }).then(
    async (answer) => {
      await answer.text();
      return answer.ok;
    },
    () => false,
  );
}

/** Passes a request on, and its answer back, without the headers that concern one connection only. */
function pass(request: IncomingMessage, response: ServerResponse, { origin, agent }: Backend): void {
  const { connection: _, ...headers } = request.headers;
  const passed = httpRequest(`${origin}${request.url}`, { method: request.method ?? "GET", headers, agent });
  passed.on("response", (answer) => {
    const { connection: __, "keep-alive": ___, "transfer-encoding": ____, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(response);
  });
  passed.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  request.pipe(passed);
}
