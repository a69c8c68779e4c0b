import { setImmediate } from "node:timers/promises";

const MAX_GROUP = 200;

/**
 * Runs concurrent items as one batch; the next one collects items meanwhile. When `run` rejects, every item fails; an Error
 * among its results fails one. The next batch does not wait for a result that is a promise.
 */
export function createGroup<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  const waiting: (PromiseWithResolvers<Result> & { item: Item })[] = [];
  let isBusy = false;
  return (item) => {
    const last = { item, ...Promise.withResolvers<Result>() };
    waiting.push(last);
    if (!isBusy) void runAll();
    return last.promise;
  };

  async function runAll(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      // Others that come within two turns of the event loop join the batch. With one, creates cost 1.12 to 1.42 times the CPU.
      await setImmediate();
      await setImmediate();
      const batch = waiting.splice(0, MAX_GROUP);
      const ran = await Promise.allSettled([run(batch.map(({ item }) => item))]);
      for (const [nth, { resolve, reject }] of batch.entries()) {
        const result = ran[0].status === "rejected" ? (ran[0].reason as Error) : ran[0].value[nth]!;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    }
    isBusy = false;
  }
}
