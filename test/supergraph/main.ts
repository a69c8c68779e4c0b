/** `npm run supergraph`: starts the service in development with its sandbox, a neighbour, and a gateway in front of both, on loopback. */
import type * as App from "../../src/app.ts";
import type * as Settings from "../../src/config/config.ts";
import { keyIn } from "../../sandbox/made-key.ts";
import { startStandIn } from "../../sandbox/stand-in.ts";
import { startFailure } from "../../src/guard.ts";
import { endWith, namesBeginning, readOptions } from "../long-runs/options.ts";
import { clientOf } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { APOLLO_ROUTER, NO_APOLLO_ROUTER, RouterRefused } from "./apollo-router.ts";
import { ALL_GATEWAYS, startGateway, subgraphsAt } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";

/** Exit code of sysexits.h: a part cannot start. */
const EX_UNAVAILABLE = 69;

if (process.argv.includes("--help")) console.log(`Gateways: ${ALL_GATEWAYS.join(", ")}`);
const { values } = readOptions({
  options: {
    gateway: { type: "string", default: "hive-gateway" },
    port: { type: "string", default: "4000" }, // of the gateway; 0 takes any free one, here and below
    "subgraph-port": { type: "string", default: "4001" },
    "neighbour-port": { type: "string", default: "4010" },
  },
});
const { gateway: wanted, ...texts } = values;
const pairs = Object.entries(texts).map(([option, text]) => [`--${option}`, portIn(option, text)] as const);
const ports = Object.fromEntries(pairs);
const [chosen] = namesBeginning(ALL_GATEWAYS, [wanted]);
if (chosen === "apollo-router" && APOLLO_ROUTER === null) endWith(NO_APOLLO_ROUTER);
await startSupergraph();

function portIn(option: string, text: string): number {
  const isPort = /^\d+$/.test(text) && Number(text) <= 65_535;
  return isPort ? Number(text) : endWith(`--${option} must be a port from 0 to 65535`);
}

/** Starts all parts. Ends with a sentence that names the setting or option to change when one of them cannot start. */
async function startSupergraph(): Promise<void> {
  const { createApp, LedgerRefused, LedgerUnavailable } = (await built("app.js")) as typeof App;
  const { MADE_LEDGER_KEY, readConfig, UnusableSettings } = (await built("config/config.js")) as typeof Settings;

  const opened = new AsyncDisposableStack();
  let named: Record<string, number> = {};
  try {
    const PORT = texts["subgraph-port"];
    // Its own data, because npm run dev has another sandbox, which does not know these tickets.
    const DATABASE_URL = process.env["DATABASE_URL"] ?? "sqlite:.data/supergraph.db";
    const config = readConfig({ ...process.env, APP_MODE: "development", PORT, DATABASE_URL });
    const { MANAGEMENT_PORT, SANDBOX_PORT } = config;
    named = { ...ports, MANAGEMENT_PORT, SANDBOX_PORT };
    const LEDGER_KEY = config.LEDGER_KEY ?? [keyIn(MADE_LEDGER_KEY)];
    const { settings } = opened.use(await startStandIn(SANDBOX_PORT, DATABASE_URL));
    const whole = { ...config, LEDGER_KEY, ...settings };
    const app = opened.adopt(await createApp(whole), (service) => service.close());
    const neighbour = opened.use(await startNeighbour({ port: ports["--neighbour-port"]! }));
    const subgraphs = subgraphsAt(app.url, neighbour.url);
    const gateway = opened.use(await startGateway({ gateway: chosen!, port: ports["--port"]!, subgraphs }));
    neighbour.ticketOfTheDay = await ticketOfTheDay(gateway.url);

    console.log(`
subgraph   ${app.url}
neighbour  ${neighbour.url}
gateway    ${gateway.url}

Ask the gateway: { ticketOfTheDay { id number branchNote } }`);
    const stop = () => void opened.disposeAsync();
    process.once("SIGTERM", stop).once("SIGINT", stop);
  } catch (error) {
    await opened.disposeAsync();
    const telling = [UnusableSettings, LedgerRefused, LedgerUnavailable, RouterRefused];
    const tellsItself = telling.some((kind) => error instanceof kind);
    console.error(tellsItself ? (error as Error).message : startFailure(error, named));
    process.exitCode = EX_UNAVAILABLE;
  }
}

/** Imports a module of the build, because Node strips types but cannot run decorators. */
function built(name: string): Promise<unknown> {
  return import(new URL(`../../dist/compiled/src/${name}`, import.meta.url).href);
}

/** Opens a ticket for first queries. It is the same at every start, because the key is the same. */
async function ticketOfTheDay(url: string): Promise<string | null> {
  const key = { idempotencyKey: "ticket-of-the-day-1" };
  return (await mutate(clientOf(url), "createHelpdeskTicket", key)).payload?.ticket?.id ?? null;
}
