import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { startBuild } from "../support/build.ts";
import { clientOf, postQuery } from "../support/client.ts";
import { placeFor } from "../support/ledgers.ts";
import { APOLLO_ROUTER, NO_APOLLO_ROUTER } from "./apollo-router.ts";
import { GATEWAYS } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const LEDGER_KEY = Buffer.alloc(32, "ledger key of this test ").toString("base64");
const ANY_MORE = { LEDGER_KEY, SANDBOX_PORT: "0", MANAGEMENT_PORT: "0" };
const ANY_PORTS = ["--port", "0", "--subgraph-port", "0", "--neighbour-port", "0"];

test.each(GATEWAYS)("The command MUST print its URLs, join, and end with 0 on SIGTERM: %s", async (name) => {
  await using ledger = await placeFor("SQLite");
  const env = { DATABASE_URL: ledger.url, ...ANY_MORE, APOLLO_ROUTER: APOLLO_ROUTER ?? "" };
  await using supergraph = startCommand(env, ["--gateway", name]);
  const url = () => /^gateway +(\S+)/m.exec(supergraph.written.stdout)?.[1];
  const gateway = clientOf(await vi.waitUntil(url, { timeout: 60_000 }));

  const { data } = await postQuery(gateway, "{ ticketOfTheDay { kind branchNote } }");
  supergraph.process.kill("SIGTERM");

  const branchNote = expect.stringContaining("The branch knows") as string;
  expect(data).toEqual({ ticketOfTheDay: { kind: "HELPDESK", branchNote } });
  expect((await supergraph.ended).code).toBe(0);
});

test("npm run supergraph MUST name the port that is taken, and its option, and end with 69", async () => {
  await using ledger = await placeFor("SQLite");
  await using taken = await startNeighbour();
  const { port } = new URL(taken.url);
  await using supergraph = startCommand({ DATABASE_URL: ledger.url, ...ANY_MORE }, ["--port", port]);

  const { code, stderr } = await supergraph.ended;
  expect(code).toBe(69);
  expect(stderr).toContain(`Port ${port} (--port) is already in use.`);
});

const OPTIONS = "  --port VALUE  (4000)\n  --subgraph-port VALUE  (4001)\n  --neighbour-port VALUE  (4010)";
test.each([
  [["--help"], 0, OPTIONS],
  [["--help"], 0, "Gateways: hive-gateway, hive-router-runtime, apollo-gateway, apollo-router"],
  [["--prot", "1"], 64, OPTIONS],
  [["--port", "70000"], 64, "--port must be a port from 0 to 65535"],
  [["--gateway", "nginx"], 64, "hive-gateway, hive-router-runtime, apollo-gateway, apollo-router"],
  [["--gateway", "apollo-router"], 64, NO_APOLLO_ROUTER],
])("npm run supergraph MUST tell for %j what there is, and end with %i", async (args, code, text) => {
  await using supergraph = startCommand({ PATH: "/nowhere" }, args);

  const ended = await supergraph.ended;
  expect(ended.code).toBe(code);
  expect(ended.stdout + ended.stderr).toContain(text);
});

const startCommand = (env: Record<string, string>, args: string[] = []) =>
  startBuild(env, [MAIN, ...ANY_PORTS, ...args]);
