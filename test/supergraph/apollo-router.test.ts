import { composeSchemaContract } from "@theguild/federation-composition";
import { parse } from "graphql";
import { afterEach, describe, expect, test, vi } from "vitest";
import { clientOf, postQuery } from "../support/client.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { MUTATIONS, inputOf, mutate } from "../support/mutations.ts";
import { printedSchema } from "../support/printed-schema.ts";
import { startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import {
  APOLLO_ROUTER,
  type ApolloRouter,
  NO_APOLLO_ROUTER,
  RouterRefused,
  authenticatingRouter,
  type RouterSettings,
  routerSettings,
  serveApolloRouter,
} from "./apollo-router.ts";
import { OUR_SDL, type Subgraph, subgraphsAt, supergraphOf } from "./gateway.ts";
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
  compose?: (subgraphs: readonly Subgraph[]) => string;
}

/** Starts the service behind Apollo Router, with the neighbour. The recorder is between the two. */
async function startRouted({ settings, files = {}, service: options, compose = supergraphOf }: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const between = opening.use(await startRecorder(service.url));
  const neighbour = opening.use(await startNeighbour());
  const supergraph = compose(subgraphsAt(between.url, neighbour.url));
  const served = { supergraph, settings: { ...SETTINGS, ...settings }, files };
  const router = opening.use(await serveApolloRouter(served, 0));
  const client = clientOf(router.url);
  return Object.assign(opening.move(), { service, router, between, client });
}

type Routed = Awaited<ReturnType<typeof startRouted>>;

function composedWithScopes(subgraphs: readonly Subgraph[]): string {
  const sdl = printedSchema("--scopes");
  return supergraphOf(subgraphs.map((one) => (one.name === "sociomile" ? { ...one, sdl } : one)));
}

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
  afterEach(() => void vi.unstubAllEnvs());

  test("MUST start without a warning with both files of settings, and directives of demand control", async () => {
    expect(OUR_SDL).toMatch(/@cost\(weight: \d+\)[^]*@listSize\(/);
    await using plain = await startRouted();
    await using authenticating = await startRouted(authenticatingRouter());

    expect([plain, authenticating].flatMap(({ router }) => warningsOf(router))).toEqual([]);
  });

  const { authentication } = routerSettings("auth-router/router.yaml");
  const ESTIMATED = { static_estimated: { list_size: 1, max: 1 } };
  const NO_SUBGRAPH = { subgraph: { all: { enabled: false } } };
  const MANIFEST = { enabled: true, local_manifests: ["manifest.json"] };
  test.each<[feature: string, RouterSettings, Options["compose"]?]>([
    ["Authentication plugin", { authentication }],
    ["Batching support", { batching: { enabled: true } }],
    ["Demand control plugin", { demand_control: { enabled: true, mode: "measure", strategy: ESTIMATED } }],
    ["Subgraph response caching", { response_cache: { enabled: true, ...NO_SUBGRAPH } }],
    ["Persisted queries", { apq: { enabled: false }, persisted_queries: MANIFEST }],
    ["Operation depth limiting", { limits: { router: { max_depth: 10 } } }],
    ["@requiresScopes", {}, composedWithScopes],
  ])("MUST refuse to start without GraphOS, as the page says: %s", async (feature, settings, compose) => {
    const started = startRouted({ settings, ...(compose && { compose }) });
    const refusal: unknown = await started.catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(RouterRefused);
    expect(String(refusal)).toContain("license violation");
    expect(String(refusal)).toContain(feature);
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

  test.each(["gzip", "deflate", "br"])("MUST be understood when it compresses: %s", async (compression) => {
    await using routed = await startRouted({ settings: shaping({ compression }) });

    const { payload, errors } = await mutate(routed.client, "createHelpdeskTicket");

    expect([errors, payload?.problems]).toEqual([undefined, []]);
    expect(routed.between.seen[0]).toMatchObject({ "content-encoding": compression });
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

  test("MUST get federated traces (ftv1), and its own trace goes on in the log", async () => {
    await using collector = await startRecorder();
    const batch_processor = { scheduled_delay: "100ms" };
    const tracing = {
      propagation: { trace_context: true },
      common: { sampler: "always_on" },
      otlp: { enabled: true, protocol: "http", endpoint: collector.url, batch_processor },
    };
    const apollo = { field_level_instrumentation_sampler: "always_on" };
    await using routed = await startRouted({ settings: { telemetry: { apollo, exporters: { tracing } } } });

    const { payload } = await mutate(routed.client, "createHelpdeskTicket");

    expect(payload?.problems).toEqual([]);
    expect(routed.between.seen[0]).toMatchObject({ "apollo-federation-include-trace": "ftv1" });
    const extensions = { ftv1: expect.any(String) as string };
    expect(JSON.parse(routed.between.answers[0] ?? "")).toMatchObject({ extensions });
    expect(routed.service.operations[0]?.traceParent).toBe(routed.between.seen[0]?.["traceparent"]);
    await expect.poll(() => collector.seen.length).toBeGreaterThan(0);
  });

  test("MUST serve a public variant without operators' fields", async () => {
    const filter = { include: new Set<string>(), exclude: new Set(["operations"]) };
    const publicVariant = (subgraphs: readonly Subgraph[]) => {
      const services = subgraphs.map((one) => ({ ...one, typeDefs: parse(one.sdl) }));
      return composeSchemaContract(services, filter, true).supergraphSdl ?? "";
    };
    await using routed = await startRouted({ compose: publicVariant });

    const { payload } = await mutate(routed.client, "createHelpdeskTicket");
    const list = await postQuery(routed.client, "{ ticketSubmissions { edges { cursor } } }");

    expect(payload?.problems).toEqual([]);
    expect(list.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
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

  test("MUST reach the service over mutual TLS", async () => {
    const [port, client] = [selfSigned(), selfSigned("router")];
    using files = temporaryFiles();
    const tls = {
      TLS_CERT_FILE: files.write("tls.crt", port.cert),
      TLS_KEY_FILE: files.write("tls.key", port.key),
      TLS_CLIENT_CA_FILE: files.write("ca.crt", client.cert),
    };
    await using service = await startService({ config: { ...tls, ...TRUSTS_ROUTER } });
    vi.stubEnv("ROUTER_SECRET", ROUTER_SECRET);
    const ofSubgraph = {
      certificate_authorities: port.cert,
      client_authentication: { certificate_chain: client.cert, key: client.key },
    };
    const supergraph = supergraphOf([{ name: "sociomile", url: service.url, sdl: OUR_SDL }]);
    const settings = { ...SETTINGS, tls: { subgraph: { subgraphs: { sociomile: ofSubgraph } } } };
    await using router = await serveApolloRouter({ supergraph, settings }, 0);

    const { errors } = await postQuery(clientOf(router.url), '{ ticket(id: "1") { id } }');

    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });
});
