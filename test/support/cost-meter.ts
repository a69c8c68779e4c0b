/**
 * Runs the program of its first argument, and measures what a request costs it, on the messages "start" and "stop" of its parent. Time is CPU time of
 * the main thread, because a loaded machine makes a clock tell more. Production takes no option of Node that would load a module.
 */
import { pathToFileURL } from "node:url";
import { collectGarbage } from "./garbage.ts";

export interface Cost {
  /** CPU time between two turns of the event loop, in milliseconds: the longest one. */
  pieceMs: number;
  /** Memory of the process beyond that at the start, in MiB: the largest. */
  moreMiB: number;
}

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let isOn = false;
let last = 0;
let longest = 0;
let before = 0;
let largest = 0;

function meter(): void {
  const now = cpuMs();
  longest = Math.max(longest, now - last);
  largest = Math.max(largest, process.memoryUsage.rss());
  last = cpuMs();
  if (isOn) setImmediate(meter);
}

process.on("message", (message) => {
  if (message === "start") {
    collectGarbage();
    before = process.memoryUsage.rss();
    [longest, largest, last, isOn] = [0, 0, cpuMs(), true];
    setImmediate(meter);
    process.send?.("started");
  } else if (message === "stop") {
    isOn = false;
    meter();
    process.send?.({ pieceMs: longest, moreMiB: (largest - before) / 2 ** 20 } satisfies Cost);
  }
});
process.channel?.unref();
await import(pathToFileURL(process.argv[2]!).href);
