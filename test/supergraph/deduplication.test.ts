/** A team may let Apollo Router send one request for all who ask the same at once. Nobody may then read an answer to another. */
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Client, clientOf, postQuery } from "../support/client.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService, untilReady } from "../support/service.ts";
import {
  APOLLO_ROUTER,
  NO_APOLLO_ROUTER,
  routerSettings,
  serveApolloRouter,
  serveAuthenticatingRouter,
} from "./apollo-router.ts";
import { OUR_SDL, checkedBy, supergraphOf } from "./gateway.ts";

if (APOLLO_ROUTER === null) console.warn(NO_APOLLO_ROUTER);

const PAIRS = 50;
const KEY = "key-of-one-application";

/** Settings for the traffic of a team that shares requests everywhere. `keepsSwitch`: the setting of deploy/router.yaml for this subgraph stays. */
function shapingThatShares(keepsSwitch: boolean) {
  const { subgraphs, ...others } = routerSettings("router.yaml")["traffic_shaping"] as {
    subgraphs: { sociomile: { deduplicate_query?: boolean } };
  };
  const { deduplicate_query: off, ...ours } = subgraphs.sociomile;
  const sociomile = keepsSwitch ? { ...ours, deduplicate_query: off } : ours;
  return { traffic_shaping: { ...others, all: { deduplicate_query: true }, subgraphs: { sociomile } } };
}

/** A script that names callers on the request for the subgraph, after the router has decided which requests are the same. */
const namedLate = (script: string) =>
  script
    .replace("fn supergraph_service(service) {", "fn subgraph_service(service, subgraph) {")
    .replaceAll("request.headers[", "request.subgraph.headers[");

type Defences = { switch: boolean; names: boolean };

async function startAll(AUTH: "on" | "router", defences: Defences) {
  await using opening = new AsyncDisposableStack();
  const issuer = opening.use(await startIssuer());
  const config = AUTH === "on" ? issuer.auth : TRUSTS_ROUTER;
  const service = opening.use(await startService({ config }));
  await untilReady(service);
  const supergraph = supergraphOf([{ name: "sociomile", url: service.url, sdl: OUR_SDL }]);
  const settings = shapingThatShares(defences.switch);
  const served = { supergraph, settings: { ...routerSettings("router.yaml"), ...settings } };
  const change = defences.names ? (script: string) => script : namedLate;
  const router =
    AUTH === "on"
      ? await serveApolloRouter(served, 0)
      : await serveAuthenticatingRouter(supergraph, 0, checkedBy(issuer), { settings, change });
  const { url } = opening.use(router);
  const as = async (claims: Record<string, unknown>) =>
    clientOf(url, { authorization: `Bearer ${await issuer.token(claims)}` });
  const callers = {
    entitled: await as({ sub: "rina" }),
    weaker: [await as({ scope: "ticket:create" }), clientOf(url), await as({ azp: "another-app" })],
  };
  return Object.assign(opening.move(), callers);
}

/** Asks for a ticket and for a submission of one application. Two callers with one `alias` ask the same. */
async function askForBoth(caller: Client, ticketId: string, alias: string) {
  const { data, errors } = await postQuery(
    caller,
    `{ ticket${alias}: ticket(id: "${ticketId}") { number customerName }
      submission${alias}: ticketSubmissionByKey(operation: CREATE_HELPDESK_TICKET, idempotencyKey: "${KEY}") { id } }`,
  );
  return { data: Object.values(data as object), codes: errors?.map(({ extensions }) => extensions.code) };
}

/** Lets pairs of an entitled caller and a weaker one ask the same at once. Returns the number of those who got another answer than alone. */
async function answersOfOthers(AUTH: "on" | "router", defences: Defences): Promise<number> {
  await using all = await startAll(AUTH, defences);
  const { payload } = await mutate(all.entitled, "createHelpdeskTicket", { idempotencyKey: KEY });
  const id = payload?.ticket?.id ?? "";
  const pairs = Array.from({ length: PAIRS }, (_, nth) => [all.entitled, all.weaker[nth % 3]!]);
  const alone = new Map<Client, unknown>();
  for (const caller of [all.entitled, ...all.weaker]) alone.set(caller, await askForBoth(caller, id, "Alone"));
  expect(new Set([...alone.values()].map((answer) => JSON.stringify(answer))).size).toBe(4);

  const asked = pairs.flatMap((pair, nth) =>
    pair.map(async (caller) => [alone.get(caller), await askForBoth(caller, id, `OfPair${nth}`)]),
  );
  const answers = await Promise.all(asked);
  return answers.filter(([own, got]) => !isDeepStrictEqual(own, got)).length;
}

describe.skipIf(APOLLO_ROUTER === null)("Apollo Router that shares requests", () => {
  beforeEach(() => void vi.stubEnv("ROUTER_SECRET", ROUTER_SECRET));
  afterEach(() => void vi.unstubAllEnvs());

  test.each<[auth: "on" | "router", how: string, defences: Defences]>([
    ["on", "as shipped", { switch: true, names: true }],
    ["on", "without this subgraph's switch", { switch: false, names: true }],
    ["router", "as shipped", { switch: true, names: true }],
    ["router", "by the switch alone", { switch: true, names: false }],
    ["router", "by the names alone", { switch: false, names: true }],
  ])("MUST give nobody the answer to another, with AUTH=%s %s", async (auth, _, defences) => {
    expect(await answersOfOthers(auth, defences)).toBe(0);
  });

  test("MUST be seen to share requests, where neither the switch nor the names forbid it", async () => {
    expect(await answersOfOthers("router", { switch: false, names: false })).toBeGreaterThan(0);
  });
});
