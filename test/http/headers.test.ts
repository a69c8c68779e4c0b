import { describe, expect, test } from "vitest";
import { negotiateMediaType } from "../../src/http/message.ts";
import { sendLines } from "../support/client.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { sharedService } from "../support/service.ts";

const BODY = JSON.stringify({ query: "{ __typename }" });

const send = ({ url }: { url: string }, headers: readonly string[], { method = "POST", target = "/graphql" } = {}) =>
  sendLines(url, [`${method} ${target} HTTP/1.1`, ...headers, `content-length: ${BODY.length}`], BODY);

/** A service that serves every host, and one without authentication. */
const trusting = sharedService({ config: TRUSTS_ROUTER });
const open = sharedService({ config: { APP_MODE: "development", CORS_ORIGINS: ["http://localhost:*"] } });
const OF_ROUTER = `router-authorization: ${ROUTER_SECRET}`;

describe("the target of a request", () => {
  const ABSOLUTE = ["http://a.bank/graphql", "HTTP://a.bank:4001/graphql?a=b", "https://a.bank/graphql"];
  test.each(ABSOLUTE)("MUST be served in absolute-form (RFC 9112, section 3.2.2): %s", async (target) => {
    for (const one of [target, target.replace("graphql", "livez")])
      expect((await send(trusting, ["host: a.bank", OF_ROUTER], { target: one })).status).toBe(200);
  });

  test("MUST be refused when two Host headers make it ambiguous (RFC 9112, section 3.2)", async () => {
    const before = await open.refusals("BAD_REQUEST");
    const host = `host: ${new URL(open.url).host}`;

    const { status, text } = await send(open, [host, "Host: a.bank"]);
    const toManagement = await send({ url: open.managementUrl }, [host, host], { target: "/metrics" });

    expect([status, text]).toEqual([400, expect.stringContaining('"code":"BAD_REQUEST"')]);
    expect(toManagement.status).toBe(400);
    expect(await open.refusals("BAD_REQUEST")).toBe(before + 1);
  });
});

async function statusAtHost({ managementUrl: url }: typeof open, host: string, target: string): Promise<number> {
  return (await send({ url }, [`host: ${host}`], { method: "GET", target })).status;
}

test("The management port of a service without authentication MUST serve the hosts of this machine alone", async () => {
  for (const target of ["/metrics", "/livez", "/readyz"]) {
    expect(await statusAtHost(open, "localhost:9464", target)).toBe(200);
    expect(await statusAtHost(open, "rebound.example:9464", target)).toBe(421);
    expect(await statusAtHost(trusting, "a-pod.bank:9464", target)).toBe(200);
  }
});

describe("a service without authentication", () => {
  const OURS = ["localhost", "LOCALHOST:4001", "127.0.0.1:1", "[::1]:4001", "127.9.9.9"];
  test.each(OURS)("MUST serve the host of this machine: %s", async (host) => {
    const served = { status: 200, text: '{"data":{"__typename":"Query"}}' };
    expect(await send(open, [`host: ${host}`])).toEqual(served);
  });

  test.each<[string, host: string, head?: object]>([
    ["a name that leads to this machine", "rebound.example:4001"],
    ["a name that begins as one of this machine", "localhost.example"],
    ["an address that others share", "0.0.0.0"],
    ["a user before the host", "rebound.example@localhost"],
    ["a target that contradicts its Host", "localhost", { target: "http://rebound.example/graphql" }],
    ["the page", "rebound.example", { target: "/" }],
    ["health", "rebound.example", { target: "/livez" }],
    ["the preflight of a page", "rebound.example", { method: "OPTIONS" }],
  ])("MUST refuse every other host: %s", async (_, host, head) => {
    const before = await open.refusals("HOST_NOT_SERVED");
    const ofPage = ["origin: http://localhost:3000", "access-control-request-method: POST"];

    const { status, text } = await send(open, [`host: ${host}`, ...ofPage], head);

    expect([status, text]).toEqual([421, expect.stringContaining('"code":"HOST_NOT_SERVED"')]);
    expect(await open.refusals("HOST_NOT_SERVED")).toBe(before + 1);
  });
});

const NEW = /^[\da-f-]{36}$/;
test.each<[sent: string, id: RegExp]>([
  ["id-of-the-router", /^id-of-the-router$/],
  ["short", NEW],
  ["1234567890", NEW],
  ["with a blank", NEW],
  ["a".repeat(65), NEW],
  ["<script>", NEW],
  ["claim-4111-1111-1111-1111", NEW],
])("The id of a request MUST be in the header and in the errors, and %j MUST become %s", async (sent, id) => {
  const headers = { "content-type": "application/json", "x-request-id": sent };
  for (const body of ["{", '{"query":"{"}']) {
    const response = await fetch(open.url, { method: "POST", body, headers });

    const requestId = response.headers.get("x-request-id");
    expect(requestId).toMatch(id);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { requestId } }] });
  }
});

const JSON_TYPE = "application/json";
const RESPONSE_TYPE = "application/graphql-response+json";

test.each<[accept: string | undefined, type: string | null]>([
  [undefined, JSON_TYPE],
  ["*/*", JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [`${JSON_TYPE}; charset=UTF-8`, JSON_TYPE],
  [RESPONSE_TYPE, RESPONSE_TYPE],
  [`${RESPONSE_TYPE}; charset=utf-8, ${JSON_TYPE}; charset=utf-8`, RESPONSE_TYPE],
  [`${JSON_TYPE}, ${RESPONSE_TYPE}`, JSON_TYPE],
  [`${RESPONSE_TYPE};q=0.5, ${JSON_TYPE}`, JSON_TYPE],
  [`${JSON_TYPE};q=0, */*`, RESPONSE_TYPE],
  [`${JSON_TYPE};q=0`, null],
  ["text/html", null],
  [`${JSON_TYPE}; charset=iso-8859-1`, null],
  ["text/html, application/xhtml+xml, */*;q=0.8", JSON_TYPE],
  ["", null],
])("Accept: %s MUST be answered with %s", (accept, type) => {
  const answered = negotiateMediaType(accept);
  expect(answered).toBe(type && `${type}; charset=utf-8`);
});
