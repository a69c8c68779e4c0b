/** `npm run supergraph`: starts the service in development with its sandbox, a neighbour, and a gateway in front of both, on loopback. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type * as App from "../../src/app.ts";
import type * as Settings from "../../src/config/config.ts";
import { startFailure } from "../../src/start-failure.ts";
import { clientOf } from "../support/client.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { APOLLO_ROUTER, NO_APOLLO_ROUTER, RouterRefused } from "./apollo-router.ts";
import { ALL_GATEWAYS, type Gateway, startGateway } from "./gateway.ts";
import { NEIGHBOUR_SDL, startNeighbour } from "./neighbour.ts";

const USAGE = `usage: npm run supergraph -- [--gateway hive-gateway] [--port 4000] [--subgraph-port 4001] [--neighbour-port 4010]

  --gateway NAME         hive-gateway, hive-router-runtime (its query planner in Rust), apollo-gateway, or apollo-router, which is
                         found in PATH or APOLLO_ROUTER
  --port PORT            port of the gateway; 0 takes any free one, here and below
  --subgraph-port PORT   port of this service
  --neighbour-port PORT  port of the neighbour, a second subgraph that adds a field to Ticket

The other settings of the service come from the environment, as for npm run dev: SANDBOX_PORT, MANAGEMENT_PORT and so on. Its data is its own,
in .data/supergraph.db, unless DATABASE_URL names another ledger.`;

/** Exit codes, from sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

const options = optionsIn(process.argv.slice(2));
if (typeof options === "string") {
  console.error(options);
  process.exitCode = EX_USAGE;
} else if (options === null) console.log(USAGE);
else await startSupergraph(options);

interface Options {
  gateway: Gateway;
  port: number;
  "subgraph-port": number;
  "neighbour-port": number;
}

/** Reads the command line. Null: help is wanted. A text: the mistake, with the usage. */
function optionsIn(args: string[]): Options | string | null {
  try {
    const {
      help,
      gateway: name,
      ...ports
    } = parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        gateway: { type: "string", default: "hive-gateway" },
        port: { type: "string", default: "4000" },
        "subgraph-port": { type: "string", default: "4001" },
        "neighbour-port": { type: "string", default: "4010" },
      },
    }).values;
    if (help) return null;
    const wrong = Object.entries(ports).find(([, port]) => !/^\d+$/.test(port) || Number(port) > 65_535);
    if (wrong) return `--${wrong[0]} must be a port from 0 to 65535\n\n${USAGE}`;
    const gateway = ALL_GATEWAYS.find((one) => one === name);
    if (gateway === undefined) return `--gateway must be one of ${ALL_GATEWAYS.join(", ")}\n\n${USAGE}`;
    if (gateway === "apollo-router" && APOLLO_ROUTER === null) return NO_APOLLO_ROUTER;
    return {
      gateway,
      port: Number(ports.port),
      "subgraph-port": Number(ports["subgraph-port"]),
      "neighbour-port": Number(ports["neighbour-port"]),
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
}

/** Starts all parts. Ends with a sentence that names the setting or option to change when one of them cannot start. */
async function startSupergraph({ gateway: chosen, ...ports }: Options): Promise<void> {
  const { createApp, LedgerRefused, LedgerUnusable } = (await built("app.js")) as typeof App;
  const { readConfig, UnusableSettings } = (await built("config/config.js")) as typeof Settings;

  const opened = new AsyncDisposableStack();
  let named: Record<string, number> = {};
  try {
    const PORT = String(ports["subgraph-port"]);
    // Its own data, because npm run dev has another sandbox, which does not know these tickets.
    const DATABASE_URL = process.env["DATABASE_URL"] ?? "sqlite:.data/supergraph.db";
    const config = readConfig({ ...process.env, APP_MODE: "development", PORT, DATABASE_URL });
    named = {
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`--${name}`, port])),
      MANAGEMENT_PORT: config.MANAGEMENT_PORT,
      SANDBOX_PORT: config.SANDBOX_PORT,
    };
    const app = opened.adopt(await createApp(config), (service) => service.close());
    const neighbour = opened.use(await startNeighbour({ port: ports["neighbour-port"] }));
    const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
    const subgraphs = [
      { name: "sociomile", url: app.url, sdl },
      { name: "branches", url: neighbour.url, sdl: NEIGHBOUR_SDL },
    ];
    const gateway = opened.use(await startGateway({ gateway: chosen, port: ports.port, subgraphs }));
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
    const tellsItself = [UnusableSettings, LedgerRefused, LedgerUnusable, RouterRefused].some(
      (kind) => error instanceof kind,
    );
    console.error(tellsItself ? (error as Error).message : startFailure(error, named));
    process.exitCode = EX_UNAVAILABLE;
  }
}

/** Imports a module of the build, because Node strips types but cannot run decorators. */
function built(name: string): Promise<unknown> {
  return import(new URL(`../../dist/${name}`, import.meta.url).href);
}

/** Opens a ticket for first queries. It is the same at every start, because the key is the same. */
async function ticketOfTheDay(url: string): Promise<string | null> {
  const query = `mutation ($input: CreateHelpdeskTicketInput!) {
    createHelpdeskTicket(input: $input) { ticket { id } }
  }`;
  const input = { ...HELPDESK_TICKET, idempotencyKey: "ticket-of-the-day-1" };
  const { data } = await clientOf(url).post(JSON.stringify({ query, variables: { input } }));
  const answer = data as { createHelpdeskTicket: { ticket: { id: string } | null } | null } | null;
  return answer?.createHelpdeskTicket?.ticket?.id ?? null;
}
