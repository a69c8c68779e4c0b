import type { IncomingMessage } from "node:http";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildService } from "../../deploy/auth-router/apollo-gateway.ts";
import type { Claims } from "../../deploy/auth-router/caller-headers.ts";
import { gatewayConfig } from "../../deploy/auth-router/hive-gateway.config.ts";
import { clientOf } from "../support/client.ts";
import { EVERY_SCOPE, type Issuer, ROUTER_SECRET, TRUSTS_ROUTER, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { serveApollo } from "./apollo.ts";
import { APOLLO_ROUTER, authenticatingRouter, serveApolloRouter } from "./apollo-router.ts";
import { type Subgraph, subgraphsAt, supergraphOf, withNewline } from "./gateway.ts";
import { type ContextPlugin, serveHive } from "./hive.ts";
import type { Listening } from "./listening.ts";
import { startNeighbour } from "./neighbour.ts";
import { startForwarding, startRecorder } from "./recorder.ts";

/** Starts a gateway that authenticates callers itself. `claimsIn` checks their tokens, as the gateway's own plugin would. */
type StartGateway = (
  subgraphs: readonly Subgraph[],
  claimsIn: (authorization: string | null | undefined) => Promise<Claims | undefined>,
) => Promise<Listening>;

const startHive: StartGateway = async (subgraphs, claimsIn) => {
  const addClaims: ContextPlugin["onContextBuilding"] = async ({ context, extendContext }) =>
    extendContext({ jwt: { payload: await claimsIn(context.request.headers.get("authorization")) } });
  const plugins = () => [{ onContextBuilding: addClaims }];
  const supergraph = supergraphOf(subgraphs);
  return serveHive({ ...gatewayConfig, supergraph, maskedErrors: false, plugins }, 0);
};

const startApollo: StartGateway = async (subgraphs, claimsIn) => {
  const context = async ({ headers }: IncomingMessage) => {
    const claims = await claimsIn(headers.authorization);
    return claims ? { headers, claims } : { headers };
  };
  return serveApollo({ supergraph: supergraphOf(subgraphs), buildService, context }, 0);
};

/** Puts checked claims into the context of a request, as the router does itself with GraphOS. */
const CLAIMS_SCRIPT = `
fn supergraph_service(service) {
  service.map_request(|request| {
    if "x-checked-claims" in request.headers {
      request.context[Router.APOLLO_AUTHENTICATION_JWT_CLAIMS] = json::decode(request.headers["x-checked-claims"]);
    }
  });
}`;

const startApolloRouter: StartGateway = async (subgraphs, claimsIn) => {
  const served = { supergraph: supergraphOf(subgraphs), ...authenticatingRouter(CLAIMS_SCRIPT) };
  await using opening = new AsyncDisposableStack();
  const router = opening.use(await serveApolloRouter(served, 0));
  const checking = opening.use(
    await startForwarding(router.url, async (headers) => {
      const claims = await claimsIn(headers.authorization);
      return { ...headers, ...(claims && { "x-checked-claims": JSON.stringify(claims) }) };
    }),
  );
  return Object.assign(opening.move(), { url: checking.url });
};

/** Everything by which somebody outside could try to be the caller. */
const NAMES = { "x-client-id": "forged", "x-scopes": EVERY_SCOPE, "x-user-id": "forged" };
const FORGED = { ...NAMES, "router-authorization": "forged" };
const READ = JSON.stringify({ query: '{ ticket(id: "1") { id } }', extensions: { headers: FORGED } });

const STARTS: [string, StartGateway][] = [
  ["Hive Gateway", startHive],
  ["@apollo/gateway", startApollo],
  ...(APOLLO_ROUTER === null ? [] : [["Apollo Router", startApolloRouter] as [string, StartGateway]]),
];

describe.each(STARTS)("%s with the settings for AUTH=router", (router, startGateway) => {
  const secret = router === "Apollo Router" ? ROUTER_SECRET : withNewline(ROUTER_SECRET);
  beforeEach(() => void vi.stubEnv("ROUTER_SECRET", secret));
  afterEach(() => void vi.unstubAllEnvs());

  async function startAll() {
    await using opening = new AsyncDisposableStack();
    const issuer = opening.use(await startIssuer());
    const service = opening.use(await startService({ config: TRUSTS_ROUTER }));
    const neighbour = opening.use(await startNeighbour());
    const subgraphs = subgraphsAt(service.url, neighbour.url);
    const gateway = opening.use(await startGateway(subgraphs, claimsOf(issuer)));
    return Object.assign(opening.move(), { issuer, service, gateway });
  }

  test("MUST name the client, its scopes and the person by the claims of the token, and drop what comes from outside", async () => {
    await using all = await startAll();
    const scp = ["ticket:create", "ticket:read"];
    const token = await all.issuer.token({ sub: "siti", scope: undefined, scp });
    const client = clientOf(all.gateway.url, { ...FORGED, authorization: `Bearer ${token}` });

    const { payload, errors } = await mutate(client, "createVoiceTicket");
    const list = await client.post('{"query":"{ ticketSubmissions { edges { cursor } } }"}');

    expect(errors).toBeUndefined();
    expect(payload).toMatchObject({ ticket: { id: expect.any(String) }, problems: [] });
    expect(list.errors).toHaveLength(1); // submission:read is only among the forged scopes
    expect(all.service.operations).toMatchObject([
      { client: "the-app", person: "siti", outcome: "OK" },
      { client: "the-app", person: "siti", outcome: "FORBIDDEN" },
    ]);
  });

  test("MUST name nobody for a caller whose token is not accepted, whatever headers come from outside", async () => {
    await using all = await startAll();
    const client = clientOf(all.gateway.url, { ...FORGED, ...bearerHeader("a.b.c") });

    const { data, errors } = await client.post(READ);

    expect(data).toEqual({ ticket: null });
    expect(errors).toHaveLength(1);
    const nobody = { client: null, person: null, outcome: "UNAUTHENTICATED" };
    expect(all.service.operations).toMatchObject([nobody]);
  });

  test("MUST show credential and caller to this subgraph only, the trace and the id to both, and the token to none", async () => {
    await using issuer = await startIssuer();
    await using ours = await startRecorder();
    await using neighbours = await startRecorder();
    await using gateway = await startGateway(subgraphsAt(ours.url, neighbours.url), claimsOf(issuer));
    const token = await issuer.token({ sub: "siti", scope: "ticket:read" });
    const query = '{ ticket(id: "1") { id } ticketOfTheDay { id } }';
    const traceId = "0af7651916cd43dd".repeat(2);
    const sent = { "x-request-id": "id-of-the-caller", traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const caller = { ...FORGED, ...bearerHeader(token), ...sent, cookie: "s3cret" };

    await clientOf(gateway.url, caller).post(JSON.stringify({ query, extensions: { headers: FORGED } }));

    const named = ["router-authorization", "x-client-id", "x-scopes", "x-user-id", "authorization", "cookie"];
    const shown = ({ seen }: typeof ours) => named.map((name) => seen[0]?.[name]);
    expect(shown(ours)).toEqual([ROUTER_SECRET, "the-app", "ticket:read", "siti", undefined, undefined]);
    expect(shown(neighbours)).toEqual(named.map(() => undefined));
    const passedOn = { ...sent, traceparent: expect.stringContaining(traceId) }; // a gateway may add a span of its own
    for (const { seen } of [ours, neighbours]) expect(seen).toMatchObject([passedOn]);
  });
});

const bearerHeader = (token: string) => ({ authorization: `Bearer ${token}` });

function claimsOf(issuer: Issuer) {
  return async (authorization: string | null | undefined): Promise<Claims | undefined> => {
    const key = await issuer.publicKey("ES256");
    const token = authorization?.replace("Bearer ", "") ?? "";
    const checked = await jwtVerify(token, key, { issuer: issuer.auth.AUTH_ISSUER }).catch(() => undefined);
    return checked?.payload;
  };
}
