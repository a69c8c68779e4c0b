import { readFileSync } from "node:fs";
import { clientOf } from "../support/client.ts";
import { type Service, startService } from "../support/service.ts";
import { type Subgraph, startGateway } from "./gateway.ts";
import { NEIGHBOUR_SDL, type Neighbour, startNeighbour } from "./neighbour.ts";

/** The contract as consumers get it. */
export const OUR_SDL = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

/** The service as its consumers have it: asked through a gateway that joins it with a neighbour. */
export interface Federated extends Service {
  neighbour: Neighbour;
}

interface Options {
  redactsErrors?: boolean;
  service?: Parameters<typeof startService>[0];
}

/** Starts all of it, on free ports of loopback. */
export async function startFederated({
  redactsErrors = false,
  service: options,
}: Options = {}): Promise<Federated> {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const neighbour = opening.use(await startNeighbour());
  const subgraphs = subgraphsAt(service.url, neighbour.url);
  const gateway = opening.use(await startGateway({ subgraphs, redactsErrors }));
  const opened = opening.move();
  return {
    ...service,
    ...clientOf(gateway.url),
    neighbour,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** This project's subgraph and the neighbour, as the gateway composes them. */
export function subgraphsAt(ourUrl: string, neighbourUrl: string, routerSecret?: string): Subgraph[] {
  return [
    { name: "sociomile", url: ourUrl, sdl: OUR_SDL, ...(routerSecret && { routerSecret }) },
    { name: "branches", url: neighbourUrl, sdl: NEIGHBOUR_SDL },
  ];
}
