import { describe, expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { MUTATIONS, inputOf, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import {
  APOLLO_ROUTER,
  type ApolloRouter,
  NO_APOLLO_ROUTER,
  authenticatingRouter,
  type RouterSettings,
  routerSettings,
  serveApolloRouter,
} from "./apollo-router.ts";
import { OUR_SDL, subgraphsAt, supergraphOf } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";
import { startRecorder } from "./recorder.ts";

if (APOLLO_ROUTER === null) console.warn(NO_APOLLO_ROUTER);

const SETTINGS = routerSettings("router.yaml");
/** Sentence of every start of version 2.17.0, about a metric that nobody here uses. */
const OF_EVERY_START = "apollo.router.session.count.active";

interface Options {
  /** Settings of the router beside those of deploy/router.yaml, or in place of them. */
  settings?: RouterSettings;
  files?: Record<string, string>;
  service?: Parameters<typeof startService>[0];
}

/** Starts the service behind Apollo Router, with the neighbour. The recorder is between the two. */
async function startRouted({ settings, files = {}, service: options }: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const between = opening.use(await startRecorder(service.url));
  const neighbour = opening.use(await startNeighbour());
  const supergraph = supergraphOf(subgraphsAt(between.url, neighbour.url));
  const served = { supergraph, settings: { ...SETTINGS, ...settings }, files };
  const router = opening.use(await serveApolloRouter(served, 0));
  const client = clientOf(router.url);
  return Object.assign(opening.move(), { service, router, between, client });
}

type Routed = Awaited<ReturnType<typeof startRouted>>;

/** The settings of deploy/router.yaml for the traffic to this subgraph, with more of them. */
function shaping(more: object): RouterSettings {
  const { subgraphs, ...others } = SETTINGS["traffic_shaping"] as { subgraphs: { sociomile: object } };
  return { traffic_shaping: { ...others, subgraphs: { sociomile: { ...subgraphs.sociomile, ...more } } } };
}

const warningsOf = ({ log }: ApolloRouter) =>
  log.filter((line) => /"level":"(?:WARN|ERROR)"/.test(line) && !line.includes(OF_EVERY_START));

const KEY = { idempotencyKey: "key-behind-apollo-router" };
const ONE_SLOW = { mood: "slow", moodOptions: { delayMs: 1000, times: 1 } } as const;

describe.skipIf(APOLLO_ROUTER === null)("Apollo Router", () => {
  test("MUST start without a warning with both files of settings, and directives of demand control", async () => {
    expect(OUR_SDL).toMatch(/@cost\(weight: \d+\)[^]*@listSize\(/);
    await using plain = await startRouted();
    await using authenticating = await startRouted(authenticatingRouter());

    expect([plain, authenticating].flatMap(({ router }) => warningsOf(router))).toEqual([]);
  });

  test("MUST pass on code and id of errors beside its own error when the answer is outside 2xx", async () => {
    await using routed = await startRouted();

    const { status, data, text } = await mutate(routed.client, "createHelpdeskTicket", { amount: 1.5 });

    const { errors } = JSON.parse(text) as { errors: object[] };
    expect([status, data]).toEqual([200, null]);
    expect(errors).toMatchObject([
      { message: "HTTP fetch failed from 'sociomile': 400: Bad Request" },
      { extensions: { code: "BAD_USER_INPUT", requestId: expect.any(String) } },
    ]);
  });

  test("MUST hide no outcome for good when it gives up early: the same key shows it", async () => {
    await using routed = await startRouted({ settings: shaping({ timeout: "300ms" }), service: ONE_SLOW });

    const { errors } = await mutate(routed.client, "createHelpdeskTicket", KEY);
    await expect.poll(() => routed.service.operations).toHaveLength(1);
    const { payload } = await mutate(routed.client, "createHelpdeskTicket", KEY);

    expect(errors).toMatchObject([{ extensions: { code: "GATEWAY_TIMEOUT" } }]);
    expect(payload).toMatchObject({ ticket: { id: routed.service.sandbox.tickets[0]?.id }, replayed: true });
    expect(routed.service.sandbox.received).toHaveLength(1);
  });

  test("MUST send whole queries after one refusal when APQ to subgraphs is on, and each mutation once", async () => {
    await using routed = await startRouted({ settings: { apq: { subgraph: { all: { enabled: true } } } } });

    for (const number of [1, 2, 3]) {
      const { payload } = await mutate(routed.client, "createHelpdeskTicket");
      expect(payload?.problems).toEqual([]);
      expect(routed.service.sandbox.received).toHaveLength(number);
    }

    expect(await routed.service.refusals("PERSISTED_QUERY_NOT_SUPPORTED")).toBe(1);
  });

  type Leave = (routed: Routed, caller: AbortController) => void;
  test.each<[how: string, early_cancel: boolean, leave: Leave, end: string]>([
    ["its client hangs up, and it goes on", false, (_, caller) => caller.abort(), "AbortError"],
    ["its client hangs up, and it stops", true, (_, caller) => caller.abort(), "AbortError"],
    ["SIGTERM ends it, which lets requests end", false, ({ router }) => router.signal("SIGTERM"), "200"],
    ["SIGKILL ends it", false, ({ router }) => router.signal("SIGKILL"), "TypeError"],
  ])("MUST lose no outcome in the middle of a create when %s", async (_, early_cancel, leave, end) => {
    await using routed = await startRouted({ settings: { supergraph: { early_cancel } }, service: ONE_SLOW });
    const caller = new AbortController();
    const { document } = MUTATIONS.createHelpdeskTicket;
    const variables = { input: inputOf("createHelpdeskTicket", KEY) };
    const body = JSON.stringify({ query: document, variables });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const answered = fetch(routed.router.url, { ...init, signal: caller.signal });
    const call = answered.then(({ status }) => String(status), String);
    await expect.poll(() => routed.service.sandbox.received).toHaveLength(1);
    leave(routed, caller);

    expect(await call).toContain(end);
    await expect.poll(() => routed.service.operations).toMatchObject([{ submissions: [{ outcome: "CONFIRMED" }] }]);
    expect((await mutate(routed.service, "createHelpdeskTicket", KEY)).payload?.replayed).toBe(true);
  });
});
