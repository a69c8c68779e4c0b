import DataLoader from "dataloader";

/** The most that one statement carries. */
const MAX_GROUP = 200;

/**
 * Group commit: what concurrent requests ask for runs as one batch. While a batch runs the next one gathers, so the busier
 * the ledger is, the more share a commit. A batch that fails, fails for all in it; an error in its place, for that one alone.
 */
export function grouped<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>,
): (item: Item) => Promise<Result> {
  let running: Promise<unknown> = Promise.resolve();
  const loader = new DataLoader<Item, Result>(
    (items) => {
      const results = run(items);
      running = results.catch(() => undefined);
      return results;
    },
    {
      cache: false,
      maxBatchSize: MAX_GROUP,
      batchScheduleFn: (flush) => void running.then(() => setImmediate(flush)),
    },
  );
  return (item) => loader.load(item);
}
