import { median } from "../bench/measures.ts";

const LOOK_EVERY_MS = 250;

/** Memory of a process since a time of performance.now(), in whole MiB. */
export interface MemoryWatch extends Disposable {
  median(since: number): number;
  peak(since: number): number;
}

/** Samples the memory of a process at intervals. `read` returns MiB from /proc; on other systems than Linux every value is NaN. */
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
