import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../../src/sandbox/server.ts";

/** Chooses one of the items at random; undefined when there is none. */
export function oneOf<Item>(items: readonly [Item, ...Item[]]): Item;
export function oneOf<Item>(items: readonly Item[]): Item | undefined;
export function oneOf<Item>(items: readonly Item[]): Item | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

/** Chooses a number at random, evenly. */
export function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** Makes a function that begins a fault of 100 ms to `mostMs`, and waits as long. */
export function lastingUpTo(mostMs: number): (fault: (ms: number) => void) => Promise<void> {
  return async (fault) => {
    const ms = between(100, mostMs);
    fault(ms);
    await sleep(ms);
  };
}

/** Delays each answer of a sandbox by a new random time of at most `mostMs`, until it is disposed. */
export function varying(sandbox: Sandbox, mostMs: number): Disposable {
  const change = () => sandbox.setMood("well", { delayMs: Math.round(between(0, mostMs)) });
  change();
  const changing = setInterval(change, 1);
  return { [Symbol.dispose]: () => clearInterval(changing) };
}
