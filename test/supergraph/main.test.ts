import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { placeFor } from "../support/ledgers.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const ANY_PORTS = ["--port", "0", "--subgraph-port", "0", "--neighbour-port", "0"];

test("npm run supergraph MUST print its URLs, answer joined queries, and end with 0 on SIGTERM", async () => {
  await using ledger = await placeFor("SQLite");
  const env = { DATABASE_URL: ledger.url, LEDGER_KEY, SANDBOX_PORT: "0", MANAGEMENT_PORT: "0" };
  await using supergraph = startCommand(env);
  const gateway = clientOf(await supergraph.urlOf("gateway"));

  const { data } = await gateway.post(JSON.stringify({ query: "{ ticketOfTheDay { kind branchNote } }" }));
  supergraph.process.kill("SIGTERM");

  expect(data).toEqual({
    ticketOfTheDay: { kind: "HELPDESK", branchNote: expect.stringContaining("The branch knows") },
  });
  expect(await supergraph.ended).toEqual([0, null]);
});

const LEDGER_KEY = Buffer.alloc(32, "ledger key of this test ").toString("base64");

/** Starts the command in a process of its own. */
function startCommand(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, ...ANY_PORTS], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout });
  return {
    process: child,
    ended,
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
