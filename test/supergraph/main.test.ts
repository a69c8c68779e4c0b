import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { placeFor } from "../support/ledgers.ts";
import { APOLLO_ROUTER, NO_APOLLO_ROUTER } from "./apollo-router.ts";
import { GATEWAYS } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const ANY_PORTS = ["--port", "0", "--subgraph-port", "0", "--neighbour-port", "0"];

test.each(GATEWAYS)(
  "npm run supergraph MUST print its URLs, answer joined queries, and end with 0 on SIGTERM: %s",
  async (name) => {
    await using ledger = await placeFor("SQLite");
    const env = { DATABASE_URL: ledger.url, LEDGER_KEY, SANDBOX_PORT: "0", MANAGEMENT_PORT: "0" };
    const router = { APOLLO_ROUTER: APOLLO_ROUTER ?? "" };
    await using supergraph = startCommand({ ...env, ...router }, ["--gateway", name]);
    const gateway = clientOf(await supergraph.urlOf("gateway"));

    const { data } = await gateway.post(JSON.stringify({ query: "{ ticketOfTheDay { kind branchNote } }" }));
    supergraph.process.kill("SIGTERM");

    expect(data).toEqual({
      ticketOfTheDay: { kind: "HELPDESK", branchNote: expect.stringContaining("The branch knows") },
    });
    expect(await supergraph.ended).toEqual([0, null]);
  },
);

test("npm run supergraph MUST name the port that is taken, and its option, and end with 69", async () => {
  await using ledger = await placeFor("SQLite");
  await using taken = await startNeighbour();
  const { port } = new URL(taken.url);
  const env = { DATABASE_URL: ledger.url, LEDGER_KEY, SANDBOX_PORT: "0", MANAGEMENT_PORT: "0" };
  await using supergraph = startCommand(env, ["--port", port]);

  expect(await supergraph.ended).toEqual([69, null]);
  expect(supergraph.written.stderr).toContain(`Port ${port} (--port) is already in use.`);
});

test.each([
  [["--help"], 0],
  [["--prot", "1"], 64],
  [["--port", "70000"], 64],
  [["--gateway", "nginx"], 64],
])("npm run supergraph MUST list its options for %j and end with %i", async (args, code) => {
  await using supergraph = startCommand({}, args);

  expect(await supergraph.ended).toEqual([code, null]);
  const output = Object.values(supergraph.written).join("");
  for (const option of ["--port", "--subgraph-port", "--neighbour-port"])
    expect(output).toContain(`  ${option} PORT`);
});

test("npm run supergraph MUST say where it looks for Apollo Router when it is not there, and end with 64", async () => {
  await using supergraph = startCommand({ PATH: "/nowhere" }, ["--gateway", "apollo-router"]);

  expect(await supergraph.ended).toEqual([64, null]);
  expect(supergraph.written.stderr.trim()).toBe(NO_APOLLO_ROUTER);
});

const LEDGER_KEY = Buffer.alloc(32, "ledger key of this test ").toString("base64");

/** Starts the command in a process of its own. */
function startCommand(env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [MAIN, ...ANY_PORTS, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.stderr += text));
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout });
  return {
    process: child,
    ended,
    written,
    /** Returns the URL that is printed after `name`. */
    async urlOf(name: string): Promise<string> {
      for await (const line of lines) if (line.startsWith(name)) return line.slice(name.length).trim();
      throw new Error(`It ended before it printed the URL of ${name}`);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
