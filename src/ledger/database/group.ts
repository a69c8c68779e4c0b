const MAX_GROUP = 200;

type Waiting<Item, Result> = PromiseWithResolvers<Result> & { item: Item };

/**
 * Group commit: concurrent requests run as one batch. While a batch runs, the next one collects items, so a busy ledger
 * needs fewer commits. When `run` rejects, every item of the batch fails; an Error among its results fails one item. The next batch does
 * not wait for a result that is a promise.
 */
export function createGroup<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isBusy = false;
  return (item) => {
    const last = { item, ...Promise.withResolvers<Result>() };
    waiting.push(last);
    if (!isBusy) runNext();
    return last.promise;
  };

  /** Runs the next batch in a later turn of the event loop: others that wait for it come into the same batch. */
  function runNext(): void {
    isBusy = waiting.length > 0;
    if (isBusy) setImmediate(() => void runBatch(waiting.splice(0, MAX_GROUP)).then(runNext));
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      for (const [nth, { resolve, reject }] of batch.entries()) {
        const result = results[nth]!;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
