import { utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT, startBuild } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import manifest from "../../package.json" with { type: "json" };
import { clientOf } from "../support/client.ts";
import { placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT } from "../support/repository.ts";

const QUERY = '{"query":"{ __typename }"}';

describe("npm run dev", () => {
  test("MUST say what it does, serve, start again after a change, and leave nothing behind at Ctrl-C", async () => {
    await using dev = await startDev();
    const address = new URL("/operators/", await dev.startedAt(1));
    expect(dev.written.stderr).toMatch(/^Compiling src/);

    const page = await fetch(address);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("assets/")]);
    expect(await (await fetch(new URL("config.json", address))).json()).toMatchObject({ issuer: null });
    const client = clientOf(new URL("/graphql", address).href); // nobody signs in
    const submissions = '{"query":"{ ticketSubmissions { nodes { operation state } } }"}';
    const examples = ["CREATE_VOICE_TICKET", "CREATE_HELPDESK_TICKET"].map((operation) => ({
      operation,
      state: "CONFIRMED",
    }));
    const expected = { ticketSubmissions: { nodes: examples } };
    await expect.poll(async () => (await client.post(submissions)).data).toEqual(expected);

    const opened = await mutate(clientOf(await dev.startedAt(1)), "createHelpdeskTicket");
    const status = { ticketId: opened.payload!.ticket!.id };

    utimesSync(join(ROOT, "src/errors.ts"), new Date(), new Date());
    const url = await dev.startedAt(2);
    expect((await clientOf(url).post(submissions)).data).toHaveProperty("ticketSubmissions.nodes.length", 3);
    expect((await clientOf(url).post(QUERY)).data).toEqual({ __typename: "Query" });
    // The sandbox knows the ticket that was opened before.
    expect((await mutate(clientOf(url), "updateTicketStatus", status)).payload?.problems).toEqual([]);
    const unknown = await mutate(clientOf(url), "updateTicketStatus", { ticketId: "unknown" });
    expect(unknown.payload?.problems).toMatchObject([{ code: "SOCIOMILE_REJECTED", field: "ticketId" }]);

    process.kill(-dev.process.pid!, "SIGINT"); // a terminal sends it to the whole group
    await dev.ended;
    await expect(clientOf(url).post(QUERY)).rejects.toThrow(/fetch failed|ECONNREFUSED/);
  });

  test("MUST leave no service behind when the watching process is killed", async () => {
    await using dev = await startDev();
    const url = await dev.startedAt(1);

    dev.process.kill("SIGKILL");

    await dev.ended; // also of all that could still write
    await expect(clientOf(url).post(QUERY)).rejects.toThrow(/fetch failed|ECONNREFUSED/);
  });
});

async function startDev() {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await placeFor("SQLite"));
  const [exec, node, ...args] = manifest.scripts.dev.split(" ");
  expect([exec, node]).toEqual(["exec", "node"]);
  const { APP_MODE: _, ...ports } = DEVELOPMENT;
  const ledger = { DATABASE_URL: url, LEDGER_KEY: Buffer.alloc(32, "k").toString("base64") };
  const environment = { PATH: process.env["PATH"]!, ...ports, ...ledger };
  const build = opening.use(startBuild(environment, args, { cwd: ROOT, detached: true }));
  const opened = opening.move();
  return {
    ...build,
    async startedAt(number: number): Promise<string> {
      const patience = { timeout: 60_000, interval: 50 };
      await expect.poll(() => urlsIn(build.written.stdout), patience).toHaveLength(number);
      return urlsIn(build.written.stdout)[number - 1]!;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function urlsIn(log: string): string[] {
  return captured(log, /"service.started".*"url":"([^"]+)"/g);
}
