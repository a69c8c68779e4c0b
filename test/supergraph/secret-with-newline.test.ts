import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildService as withToken } from "../../deploy/apollo-gateway.ts";
import { buildService as withClaims } from "../../deploy/auth-router/apollo-gateway.ts";
import { gatewayConfig as withClaimsOfHive } from "../../deploy/auth-router/hive-gateway.config.ts";
import { gatewayConfig as withTokenOfHive } from "../../deploy/hive-gateway.config.ts";
import { ROUTER_SECRET } from "../support/issuer.ts";
import { startRecorder } from "./recorder.ts";

const HEADER = "router-authorization";
const NO_HEADERS = { headers: { get: () => null } };

/** Lets `@apollo/gateway` ask a subgraph, and returns the credential that arrives there. */
async function askedByApollo(buildService: typeof withToken): Promise<string | string[] | undefined> {
  await using subgraph = await startRecorder();
  const source = buildService({ name: "sociomile", url: subgraph.url });
  const asked = { request: { query: "{ a }" }, context: {} };
  await source.process(asked as Parameters<typeof source.process>[0]);
  return subgraph.seen[0]?.[HEADER];
}

describe("a secret of the router with the newline of its file", () => {
  // A Secret of Kubernetes that is made from a file holds it, and so does a variable that is set from such a Secret.
  beforeEach(() => vi.stubEnv("ROUTER_SECRET", `${ROUTER_SECRET}\n`));
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ["that passes tokens on", withToken],
    ["that checks tokens", withClaims],
  ])(
    "MUST reach the subgraph as it is, and be in no error, by @apollo/gateway %s",
    async (_, buildService) => {
      expect(await askedByApollo(buildService)).toBe(ROUTER_SECRET);
    },
  );

  test.each([
    ["that passes tokens on", withTokenOfHive],
    ["that checks tokens", withClaimsOfHive],
  ])("MUST reach the subgraph as it is by Hive Gateway %s", (_, { propagateHeaders }) => {
    const asked = { request: NO_HEADERS, context: {}, subgraphName: "sociomile" };

    expect(propagateHeaders.fromClientToSubgraphs(asked)[HEADER]).toBe(ROUTER_SECRET);
  });
});
