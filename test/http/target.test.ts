import { once } from "node:events";
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { type Service, startService } from "../support/service.ts";

const BODY = JSON.stringify({ query: "{ __typename }" });

interface Head {
  method?: string;
  target?: string;
  headers?: readonly string[];
}

/** Sends a request as it is written here. Gives the status and the body of the answer. */
async function send(
  { url }: Pick<Service, "url">,
  { method = "POST", target = "/graphql", headers = [] }: Head,
) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  const always = ["content-type: application/json", `content-length: ${BODY.length}`, "connection: close"];
  const head = [`${method} ${target} HTTP/1.1`, ...headers, ...always];
  socket.write(`${head.join("\r\n")}\r\n\r\n${BODY}`);
  const answer = await textOf(socket);
  return { status: Number(answer.slice(9, 12)), text: answer.split("\r\n\r\n")[1] };
}

const SERVED = { status: 200, text: '{"data":{"__typename":"Query"}}' };

describe("the target of a request", () => {
  test.each(["http://a.bank/graphql", "HTTP://a.bank:4001/graphql?a=b", "https://a.bank/graphql"])(
    "MUST be served in absolute-form (RFC 9112, section 3.2.2): %s",
    async (target) => {
      await using service = await startService({ config: TRUSTS_ROUTER });
      const headers = ["host: a.bank", `router-authorization: ${ROUTER_SECRET}`];

      expect((await send(service, { target, headers })).status).toBe(200);
      expect((await send(service, { target: target.replace("graphql", "livez"), headers })).status).toBe(200);
    },
  );

  test("MUST be refused when two Host headers make it ambiguous (RFC 9112, section 3.2)", async () => {
    await using service = await startService();
    const { host } = new URL(service.url);

    const answer = await send(service, { headers: [`host: ${host}`, "Host: a.bank"] });
    const twice = { target: "/metrics", headers: [`host: ${host}`, `host: ${host}`] };
    const toManagement = await send({ url: service.managementUrl }, twice);

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('"code":"BAD_REQUEST"');
    expect(toManagement.status).toBe(400);
    expect(await service.refusals("BAD_REQUEST")).toBe(1);
  });
});

describe("a service without authentication", () => {
  test.each(["localhost", "LOCALHOST:4001", "127.0.0.1:1", "[::1]:4001", "127.9.9.9"])(
    "MUST serve the host of this machine: %s",
    async (host) => {
      await using service = await startService();

      expect(await send(service, { headers: [`host: ${host}`] })).toEqual(SERVED);
    },
  );

  test.each([
    ["a name that leads to this machine", "/graphql", "rebound.example:4001"],
    ["a name that begins as one of this machine", "/graphql", "localhost.example"],
    ["an address that others share", "/graphql", "0.0.0.0"],
    ["a user before the host", "/graphql", "rebound.example@localhost"],
    ["a target that contradicts its Host", "http://rebound.example/graphql", "localhost"],
    ["the page", "/", "rebound.example"],
    ["health", "/livez", "rebound.example"],
  ])("MUST refuse every other host: %s", async (_, target, host) => {
    await using service = await startService({ config: { APP_MODE: "development" } });

    const answer = await send(service, { target, headers: [`host: ${host}`] });

    expect(answer.status).toBe(421);
    expect(answer.text).toContain('"code":"HOST_NOT_SERVED"');
    expect(await service.refusals("HOST_NOT_SERVED")).toBe(1);
  });

  test("MUST refuse the preflight of a page under another host", async () => {
    await using service = await startService({ config: { CORS_ORIGINS: ["http://localhost:*"] } });
    const ofPage = ["origin: http://localhost:3000", "access-control-request-method: POST"];
    const headers = ["host: rebound.example", ...ofPage];

    expect((await send(service, { method: "OPTIONS", headers })).status).toBe(421);
  });
});

test("A service with authentication MUST serve every host", async () => {
  await using service = await startService({ config: TRUSTS_ROUTER });
  const headers = ["host: sociomile.bank", `router-authorization: ${ROUTER_SECRET}`];

  expect((await send(service, { headers })).status).toBe(200);
});
