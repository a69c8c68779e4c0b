import { setTimeout as sleep } from "node:timers/promises";

/** Time between two looks at what anybody may ask for at any time. Milliseconds. */
const LOOK_EVERY_MS = 500;
/** Pause after work that anybody may ask for, until it begins again. Milliseconds. */
const PAUSE_MS = 100;

/** Bounds work that anybody may ask for: all who ask while it runs, or in the pause after it, share the next run. */
export function braked<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let next: Promise<Result> | null = null;
  let rest: Promise<unknown> = Promise.resolve();
  const run = async () => {
    await rest;
    next = null;
    const running = work();
    rest = running.catch(() => {}).then(() => sleep(PAUSE_MS, undefined, { ref: false }));
    return running;
  };
  return () => (next ??= run());
}

/** Looks again and again until it is disposed of, and returns the last result at once: a crowd that asks costs no look. */
export async function watched<Result>(look: () => Promise<Result>) {
  let last = await look();
  const inTurn = braked(look); // an old look that is slow never replaces a newer one
  const looking = setInterval(async () => void (last = await inTurn()), LOOK_EVERY_MS).unref();
  return Object.assign(() => Promise.resolve(last), { [Symbol.dispose]: () => clearInterval(looking) });
}
