import { clientOf } from "../support/client.ts";
import { type Service, startService } from "../support/service.ts";
import { type Gateway, startGateway, subgraphsAt } from "./gateway.ts";
import { type Neighbour, startNeighbour } from "./neighbour.ts";

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
export async function startFederated({ service: options, ...behind }: Options = {}): Promise<Federated> {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const neighbour = opening.use(await startNeighbour());
  const subgraphs = subgraphsAt(service.url, neighbour.url);
  const gateway = opening.use(await startGateway({ subgraphs, ...behind }));
  const opened = opening.move();
  return {
    ...service,
    ...clientOf(gateway.url),
    neighbour,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
