import DataLoader from "dataloader";

const MAX_GROUP = 200;

/**
 * Group commit: concurrent requests run as one batch. While a batch runs, the next one collects items, so a busy ledger
 * needs fewer commits. When `run` rejects, every item of the batch fails; an Error among its results fails one item. The next batch does
 * not wait for a result that is a promise.
 */
export function grouped<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  let running: Promise<unknown> = Promise.resolve();
  const loader = new DataLoader<Item, Result | Promise<Result>>(
    (items) => {
      const results = run(items);
      running = results.catch(() => undefined);
      return results;
    },
    {
      cache: false,
      maxBatchSize: MAX_GROUP,
      // Others that wait for the event loop come into the same batch.
      batchScheduleFn: (flush) => void running.then(() => setImmediate(flush)),
    },
  );
  return (item) => loader.load(item) as Promise<Result>; // a promise of a promise is one
}
