import { readFileSync } from "node:fs";
import { clientOf } from "../support/client.ts";
import { type Service, startService } from "../support/service.ts";
import { type Gateway, type Subgraph, startGateway } from "./gateway.ts";
import { NEIGHBOUR_SDL, type Neighbour, startNeighbour } from "./neighbour.ts";

/** Contract for consumers. */
export const OUR_SDL = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

/** The service behind a gateway that joins it with a neighbour, as consumers use it. */
export interface Federated extends Service {
  neighbour: Neighbour;
}

interface Options {
  gateway?: Gateway;
  redactsErrors?: boolean;
  service?: Parameters<typeof startService>[0];
}

/** Starts all parts on free ports of loopback. */
export async function startFederated({
  gateway: kind = "hive-gateway",
  redactsErrors = false,
  service: options,
}: Options = {}): Promise<Federated> {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const neighbour = opening.use(await startNeighbour());
  const subgraphs = subgraphsAt(service.url, neighbour.url);
  const gateway = opening.use(await startGateway({ subgraphs, redactsErrors, gateway: kind }));
  const opened = opening.move();
  return {
    ...service,
    ...clientOf(gateway.url),
    neighbour,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Subgraphs that the gateway composes: this project's and the neighbour. */
export function subgraphsAt(ourUrl: string, neighbourUrl: string): Subgraph[] {
  return [
    { name: "sociomile", url: ourUrl, sdl: OUR_SDL },
    { name: "branches", url: neighbourUrl, sdl: NEIGHBOUR_SDL },
  ];
}
