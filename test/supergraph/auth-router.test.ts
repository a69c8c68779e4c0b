import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clientOf } from "../support/client.ts";
import { EVERY_SCOPE, ROUTER_SECRET, TRUSTS_ROUTER, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { GATEWAYS, checkedBy, secretFor, startGateway, subgraphsAt } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";
import { startRecorder } from "./recorder.ts";

/** Everything by which somebody outside could try to be the caller. */
const NAMES = { "x-client-id": "forged", "x-scopes": EVERY_SCOPE, "x-user-id": "forged" };
const FORGED = { ...NAMES, "router-authorization": "forged" };
const READ = JSON.stringify({ query: '{ ticket(id: "1") { id } }', extensions: { headers: FORGED } });

describe.each(GATEWAYS)("%s with the settings for AUTH=router", (gateway) => {
  beforeEach(() => void vi.stubEnv("ROUTER_SECRET", secretFor(gateway, ROUTER_SECRET)));
  afterEach(() => void vi.unstubAllEnvs());

  async function startAll() {
    await using opening = new AsyncDisposableStack();
    const issuer = opening.use(await startIssuer());
    const service = opening.use(await startService({ config: TRUSTS_ROUTER }));
    const neighbour = opening.use(await startNeighbour());
    const subgraphs = subgraphsAt(service.url, neighbour.url);
    const { url } = opening.use(await startGateway({ gateway, subgraphs, checkToken: checkedBy(issuer) }));
    return Object.assign(opening.move(), { issuer, service, url });
  }

  test("MUST name the client, its scopes and the person by the claims of the token, and drop what comes from outside", async () => {
    await using all = await startAll();
    const scp = ["ticket:create", "ticket:read"];
    const token = await all.issuer.token({ sub: "siti", scope: undefined, scp });
    const client = clientOf(all.url, { ...FORGED, authorization: `Bearer ${token}` });

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
    const client = clientOf(all.url, { ...FORGED, ...bearerHeader("a.b.c") });

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
    const subgraphs = subgraphsAt(ours.url, neighbours.url);
    await using started = await startGateway({ gateway, subgraphs, checkToken: checkedBy(issuer) });
    const token = await issuer.token({ sub: "siti", scope: "ticket:read" });
    const query = '{ ticket(id: "1") { id } ticketOfTheDay { id } }';
    const traceId = "0af7651916cd43dd".repeat(2);
    const sent = { "x-request-id": "id-of-the-caller", traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const caller = { ...FORGED, ...bearerHeader(token), ...sent, cookie: "s3cret" };

    await clientOf(started.url, caller).post(JSON.stringify({ query, extensions: { headers: FORGED } }));

    const named = ["router-authorization", "x-client-id", "x-scopes", "x-user-id", "authorization", "cookie"];
    const shown = ({ seen }: typeof ours) => named.map((name) => seen[0]?.[name]);
    expect(shown(ours)).toEqual([ROUTER_SECRET, "the-app", "ticket:read", "siti", undefined, undefined]);
    expect(shown(neighbours)).toEqual(named.map(() => undefined));
    const passedOn = { ...sent, traceparent: expect.stringContaining(traceId) }; // a gateway may add a span of its own
    for (const { seen } of [ours, neighbours]) expect(seen).toMatchObject([passedOn]);
  });
});

const bearerHeader = (token: string) => ({ authorization: `Bearer ${token}` });
