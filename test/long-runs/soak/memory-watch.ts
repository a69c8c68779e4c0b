import { median } from "../bench/measures.ts";

const LOOK_EVERY_MS = 250;

/** Samples the memory of a process at intervals, for figures since a time of performance.now() in whole MiB. `read` returns MiB from /proc; on other systems than Linux every value is NaN. */
export function watchMemory(read: () => number) {
  const samples: { at: number; mib: number }[] = [];
  const look = () => {
    const mib = process.platform === "linux" ? read() : NaN;
    samples.push({ at: performance.now(), mib });
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  const since = (time: number) => samples.filter(({ at }) => at >= time).map(({ mib }) => mib);
  return {
    median: (time: number) => Math.round(median(since(time))),
    peak: (time: number) => Math.round(Math.max(...since(time))),
    [Symbol.dispose]: () => clearInterval(looking),
  };
}
