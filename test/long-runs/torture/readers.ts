import { print } from "graphql";
import { setTimeout as sleep } from "node:timers/promises";
import { TicketDocument } from "../../generated/graphql.ts";
import { between } from "./chance.ts";

/** Longest pause of a reader, in milliseconds. */
const PAUSE_MS = 20;

/** Starts readers of tickets that keep all connections of the ledger in use. They stop when disposed. */
export function startReaders(count: number, post: (body: string) => Promise<unknown>): Disposable {
  const body = JSON.stringify({ query: print(TicketDocument), variables: { id: "a-ticket" } });
  const over = new AbortController();
  const read = async () => {
    while (!over.signal.aborted) {
      await post(body).catch(() => undefined);
      await sleep(between(0, PAUSE_MS));
    }
  };
  for (let reader = 0; reader < count; reader++) void read();
  return { [Symbol.dispose]: () => over.abort() };
}
