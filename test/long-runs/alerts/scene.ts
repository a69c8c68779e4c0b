import { join } from "node:path";
import type { Mood, MoodOptions } from "../../../sandbox/server.ts";
import { startBuild } from "../../support/build.ts";
import { type Client, clientOf } from "../../support/client.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { ROUTER_SECRET, namedWith } from "../../support/issuer.ts";
import { LEDGER_KEY, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { ROOT } from "../../support/repository.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";
import { temporaryFiles } from "../../support/temporary-files.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Prometheus } from "./prometheus.ts";

export type Settings = Readonly<Record<string, string>>;

export type Scene = Awaited<ReturnType<typeof openJob>>;

/** Opens a job with its own ledger and its own sandbox, in which something goes wrong. What it uses is disposed of with it. */
export async function openJob(job: string, prometheus: Prometheus) {
  const opened = new AsyncDisposableStack();
  opened.defer(() => prometheus.scrape(job, []));
  const addresses = new Set<string>();
  const scene = Object.assign(opened, {
    files: opened.use(temporaryFiles()),
    sandbox: opened.use(await openSandbox()),
    ledgerUrl: opened.use(await placeFor("SQLite")).url,
    settings: (changes: Settings = {}): Settings => ({
      HOST: "127.0.0.1",
      PORT: "0",
      MANAGEMENT_PORT: "0",
      SOCIOMILE_BASE_URL: scene.sandbox.url,
      SOCIOMILE_ALLOW_HTTP: "yes",
      SOCIOMILE_CLIENT_SECRET_KEY: CLIENT_SECRET_KEY,
      SOCIOMILE_TIMEOUT_MS: "2000",
      DATABASE_URL: scene.ledgerUrl,
      LEDGER_KEY: LEDGER_KEY.toString("base64"),
      ROUTER_SECRET,
      AUTH: "router",
      DRAIN_LAG_MS: "0",
      ...changes,
    }),
    /** Starts a replica, waits until Prometheus has scraped it, and then puts Sociomile in this mood. */
    async start(changes: Settings = {}, mood?: Mood, moodOptions?: MoodOptions) {
      const startedAfter = Date.now() / 1000 - 1;
      const build = opened.use(startBuild(scene.settings(changes)));
      const url = await build.startedAt();
      const managementUrl = /"managementUrl":"([^"]+)"/.exec(build.written.stdout)![1]!;
      const { host } = new URL(managementUrl);
      prometheus.scrape(job, [...addresses.add(host)]);
      await prometheus.untilScraped(host, startedAfter);
      if (mood) scene.sandbox.setMood(mood, moodOptions);
      return { client: clientOf(url, namedWith()), kill: async () => build[Symbol.asyncDispose]() };
    },
    /** Lets Prometheus look for a replica at an address where none may be. */
    expectAt: (address: string) => prometheus.scrape(job, [...addresses.add(address)]),
    /** Does something every 300 ms until the result is called, or the scene ends. Failures count as answers. */
    again(act: () => Promise<unknown>): () => void {
      const timer = setInterval(() => void act().catch(() => {}), 300);
      opened.defer(() => clearInterval(timer));
      return () => clearInterval(timer);
    },
    async operator(...args: string[]): Promise<string> {
      await using command = startBuild(scene.settings(), [join(ROOT, "dist/operator.js"), ...args]);
      return (await command.ended).stdout;
    },
    /** Returns the id of the oldest submission in a state. */
    async oldest(state: "UNCERTAIN" | "QUEUED"): Promise<string> {
      const shown = await scene.operator("list", "--state", state, "--creates", "--json");
      return (JSON.parse(shown) as { submissions: { id: string }[] }).submissions[0]!.id;
    },
    openSql: async (): Promise<Sql> => opened.use(await sqlOn({ url: scene.ledgerUrl })),
  });
  return scene;
}

let made = 0;
/** Opens tickets at the helpdesk, each with a number of its own. */
export async function createFor(client: Client, count = 1, changes: object = {}) {
  const one = () => {
    const helpdeskTicketNumber = String(500_000 + made++);
    return mutate(client, "createHelpdeskTicket", { helpdeskTicketNumber, ...changes });
  };
  return Promise.all(Array.from({ length: count }, one));
}
