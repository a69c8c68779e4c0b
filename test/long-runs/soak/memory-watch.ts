import { median } from "../bench/measures.ts";

const LOOK_EVERY_MS = 250;

/** What a process had in memory since a moment of performance.now(), in whole MiB. */
export interface MemoryWatch extends Disposable {
  median(since: number): number;
  peak(since: number): number;
}

/** Looks at the memory of a process now and then. `read`: in MiB, from /proc; elsewhere than on Linux everything is NaN. */
export function watchMemory(read: () => number): MemoryWatch {
  const samples: { at: number; mib: number }[] = [];
  const look = () => {
    const mib = process.platform === "linux" ? read() : NaN;
    samples.push({ at: performance.now(), mib });
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  const since = (moment: number) => samples.filter(({ at }) => at >= moment).map(({ mib }) => mib);
  return {
    median: (moment) => Math.round(median(since(moment))),
    peak: (moment) => Math.round(Math.max(...since(moment))),
    [Symbol.dispose]: () => clearInterval(looking),
  };
}
