/** Apollo's MCP server with deploy/mcp.yaml in front of the service, where its program is in PATH. */
import { spawn, spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { freePort } from "../support/free-port.ts";
import { AUDIENCE, ROUTER, startIssuer } from "../support/issuer.ts";
import { printedSchema } from "../support/printed-schema.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { startService, untilReady } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const hasServer = spawnSync("apollo-mcp-server", ["--version"]).status === 0;
const CREATE = "examples/operations/variables/create-helpdesk-ticket.json";
const INFO = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };

test.runIf(hasServer)("An assistant MUST open a ticket once, with a key and a good token", async () => {
  await using stack = new AsyncDisposableStack();
  const issuer = stack.use(await startIssuer());
  const { AUTH_ISSUER: login } = issuer.auth;
  const service = stack.use(await startService({ config: issuer.auth }));
  await untilReady(service);
  const files = stack.use(temporaryFiles());
  const settings = parse(repositoryText("deploy/mcp.yaml"));
  Object.assign(settings, { endpoint: service.url, headers: ROUTER }); // of the router between the two
  settings.schema.path = files.write("public.graphql", printedSchema("--public"));
  const port = (settings.transport.port = await freePort());
  Object.assign(settings.transport.auth, { servers: [login], issuers: [login], audiences: [AUDIENCE] });
  const server = spawn("apollo-mcp-server", [files.write("mcp.yaml", stringify(settings))], { cwd: ROOT });
  stack.defer(() => void server.kill());
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const post = async (method: string, params: object, claims = {}) => {
    const authorization = `Bearer ${await issuer.token({ sub: "siti", ...claims })}`;
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const request = { method: "POST", headers: { ...headers, authorization }, body };
    return fetch(`http://127.0.0.1:${port}/mcp`, request);
  };
  const greeting = () => post("initialize", INFO).catch(() => null);
  const greeted = await vi.waitUntil(greeting, { timeout: 30_000 });
  Object.assign(headers, { "mcp-session-id": greeted.headers.get("mcp-session-id") });
  const create = async (changes = {}, claims = {}) => {
    const { input } = JSON.parse(repositoryText(CREATE)) as { input: object };
    const params = { name: "CreateHelpdeskTicket", arguments: { input: { ...input, ...changes } } };
    const answer = await post("tools/call", params, claims);
    return { status: answer.status, text: await answer.text() };
  };

  expect((await create()).text).toMatch(/\\"state\\":\\"CONFIRMED\\".*\\"replayed\\":false/);
  expect((await create()).text).toMatch(/\\"state\\":\\"CONFIRMED\\".*\\"replayed\\":true/);
  expect((await create({ idempotencyKey: null })).text).toContain("idempotencyKey");
  expect(await create({}, { scope: "ticket:read" })).toMatchObject({ status: 403 });
  for (const claims of [{ aud: "another" }, { iss: `${login}/` }, { sub: undefined }])
    expect(await create({}, claims)).toMatchObject({ status: 401 });
  expect(service.operations.map(({ person }) => person)).toEqual(["siti", "siti", "siti"]);
});
