import { setTimeout as sleep } from "node:timers/promises";

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
