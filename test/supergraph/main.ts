/**
 * `npm run supergraph`: starts the service in development with its sandbox, a neighbour, and a gateway in front of both, on
 * loopback. Ports: `-- --port 4000 --subgraph-port 4001 --neighbour-port 4010`; the service's other settings come from
 * the environment, as for `npm run dev`.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { createApp as CreateApp } from "../../src/app.ts";
import type { readConfig as ReadConfig } from "../../src/config/config.ts";
import { clientOf } from "../support/client.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { startGateway } from "./gateway.ts";
import { NEIGHBOUR_SDL, startNeighbour } from "./neighbour.ts";

// Uses the build, because Node strips types but cannot run decorators.
const built = (name: string) =>
  import(new URL(`../../dist/${name}`, import.meta.url).href) as Promise<unknown>;
const { createApp } = (await built("app.js")) as { createApp: typeof CreateApp };
const { readConfig } = (await built("config/config.js")) as { readConfig: typeof ReadConfig };

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4000" },
    "subgraph-port": { type: "string", default: "4001" },
    "neighbour-port": { type: "string", default: "4010" },
  },
});

const opened = new AsyncDisposableStack();
try {
  const config = readConfig({ ...process.env, APP_MODE: "development", PORT: values["subgraph-port"] });
  const app = opened.adopt(await createApp(config), (service) => service.close());
  const neighbour = opened.use(await startNeighbour({ port: Number(values["neighbour-port"]) }));
  const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
  const subgraphs = [
    { name: "sociomile", url: app.url, sdl },
    { name: "branches", url: neighbour.url, sdl: NEIGHBOUR_SDL },
  ];
  const gateway = opened.use(await startGateway({ port: Number(values.port), subgraphs }));
  neighbour.ticketOfTheDay = await ticketOfTheDay(gateway.url);

  console.log(`subgraph   ${app.url}
neighbour  ${neighbour.url}
gateway    ${gateway.url}

Ask the gateway: { ticketOfTheDay { id number branchNote } }`);
  const stop = () => void opened.disposeAsync();
  process.once("SIGTERM", stop).once("SIGINT", stop);
} catch (error) {
  await opened.disposeAsync();
  throw error;
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
