import { expect, test } from "vitest";
import { createConsole } from "../../src/http/console.ts";
import { listen } from "../../src/http/server.ts";

test("The console MUST be allowed to call the issuer's endpoints, also when the issuer was away before", async () => {
  let isAway = true;
  const metadata = { token_endpoint: "https://tokens.example/token", revocation_endpoint: "no address" };
  const answers = () => (isAway ? "away" : JSON.stringify(metadata));
  const issuer = await listen((_, response) => response.end(answers()), { host: "127.0.0.1", port: 0 });
  const settings = { issuer: issuer.url, clientId: "operators", scopes: "", graphqlUrl: "/graphql", ticketUrl: null };
  const operatorConsole = await createConsole("dist/console", { ...settings, timeZone: "Asia/Makassar" });
  const server = await listen((request, response) => operatorConsole.serve("/operators/", request, response), {
    host: "127.0.0.1",
    port: 0,
  });
  const allowed = async () => {
    const { headers } = await fetch(server.url);
    return /connect-src (.*?);/.exec(headers.get("content-security-policy") ?? "")?.[1];
  };

  const before = await allowed();
  isAway = false;

  expect([before, await allowed()]).toEqual([`'self' ${issuer.url}`, `'self' ${issuer.url} https://tokens.example`]);
  await Promise.all([server.close(), issuer.close()]);
});
