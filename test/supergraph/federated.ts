import { clientOf } from "../support/client.ts";
import { startService } from "../support/service.ts";
import { type Gateway, startGateway, subgraphsAt } from "./gateway.ts";
import { startNeighbour } from "./neighbour.ts";

export type Federated = Awaited<ReturnType<typeof startFederated>>;

interface Options {
  gateway?: Gateway;
  redactsErrors?: boolean;
  service?: Parameters<typeof startService>[0];
}

/** Starts the service behind a gateway that joins it with a neighbour, as consumers use it, on free ports of loopback. */
export async function startFederated({ service: options, ...behind }: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startService(options));
  const neighbour = opening.use(await startNeighbour());
  const subgraphs = subgraphsAt(service.url, neighbour.url);
  const gateway = opening.use(await startGateway({ subgraphs, ...behind }));
  const opened = opening.move();
  const dispose = () => opened.disposeAsync();
  return { ...service, ...clientOf(gateway.url), neighbour, [Symbol.asyncDispose]: dispose };
}
