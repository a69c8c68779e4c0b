import { spawn } from "node:child_process";
import { once } from "node:events";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { captured } from "../support/captured.ts";
import manifest from "../../package.json" with { type: "json" };
import { clientOf } from "../support/client.ts";
import { placeFor } from "../support/ledgers.ts";
import { ROOT } from "../support/repository.ts";

const QUERY = '{"query":"{ __typename }"}';

describe("npm run dev", () => {
  test("MUST say what it does, serve, start again after a change, and leave nothing behind at Ctrl-C", async () => {
    await using dev = await startDev();
    await dev.startedAt(1);
    expect(dev.written()).toMatch(/^Compiling src/);

    const address = new URL("/operators/", urlsIn(dev.written())[0]);
    const page = await fetch(address);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("page.js")]);
    const [cookie = ""] = page.headers.getSetCookie()[0]!.split(";");
    const headers = { origin: address.origin, cookie };
    const body = JSON.stringify({ command: "doubts" });
    const asked = await fetch(new URL("api", address), { method: "POST", headers, body });
    expect(await asked.json()).toMatchObject({ submissions: [], page: { by: "developer" } });

    utimesSync(join(ROOT, "src/errors.ts"), new Date(), new Date());
    const url = await dev.startedAt(2);
    expect((await clientOf(url).post(QUERY)).data).toEqual({ __typename: "Query" });

    process.kill(-dev.pid, "SIGINT"); // a terminal sends it to the whole group
    await dev.ended;
    await expect(clientOf(url).post(QUERY)).rejects.toThrow(/fetch failed|ECONNREFUSED/);
  });

  test("MUST leave no service behind when the watching process is killed", async () => {
    await using dev = await startDev();
    const url = await dev.startedAt(1);

    process.kill(dev.pid, "SIGKILL");

    await dev.ended;
    const isServed = () =>
      fetch(url)
        .then(() => true)
        .catch(() => false);
    await expect.poll(isServed).toBe(false);
  });
});

/** Runs the command of package.json in a group of its own, on free ports. */
async function startDev() {
  await using opening = new AsyncDisposableStack();
  const ledger = opening.use(await placeFor("SQLite"));
  const [exec, node, ...args] = manifest.scripts.dev.split(" ");
  expect([exec, node]).toEqual(["exec", "node"]);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      MANAGEMENT_PORT: "0",
      SANDBOX_PORT: "0",
      DATABASE_URL: ledger.url,
      LEDGER_KEY: Buffer.alloc(32, "k").toString("base64"),
    },
  });
  const ended = once(child, "exit");
  opening.defer(() => endGroup(child.pid!));
  let written = "";
  const hear = (text: string) => void (written += text);
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const opened = opening.move();
  return {
    pid: child.pid!,
    ended,
    written: () => written,
    /** Returns the URL of GraphQL of the start with this number. */
    async startedAt(number: number): Promise<string> {
      await expect.poll(() => urlsIn(written).length, { timeout: 60_000, interval: 50 }).toBe(number);
      return urlsIn(written)[number - 1]!;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Returns the URLs of GraphQL of all starts in the log. */
function urlsIn(log: string): string[] {
  return captured(log, /"service.started".*"url":"([^"]+)"/g);
}

/** Ends every process of a group that is still there. */
function endGroup(id: number): void {
  try {
    process.kill(-id, "SIGKILL");
  } catch {
    // none is there
  }
}
