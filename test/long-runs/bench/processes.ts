import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";

const NANOS_A_MICRO = 1000;
const KIB_A_MIB = 1024;
/** Time in which a process must end by itself, in milliseconds. */
const STOP_WITHIN_MS = 10_000;

/** A process under measurement. It is read from outside, so it needs no hook. Linux only. */
export interface Measured extends AsyncDisposable {
  /** User and system time of all its threads so far, in microseconds. */
  cpuMicros: () => number;
  /** Memory of the process now, in MiB. */
  residentMiB: () => number;
  /** True when it has ended. */
  hasEnded: () => boolean;
  /** Requests its end, and waits for it. */
  stop: () => Promise<void>;
}

export interface Command {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** Number of usable cores. */
export const cores = availableParallelism();

/** True when targets have a core of their own, so that nothing else uses its caches. */
export const pinned = cores > 1 && hasTaskset();

/** Reserves core 0 for the targets. This process, and processes that it starts without `onCore0`, use the other cores. */
export function leaveCore0(): void {
  if (pinned) execFileSync("taskset", ["-acp", otherCores(), String(process.pid)], { stdio: "ignore" });
}

/** Starts Node with exactly this environment. Its standard output is discarded. */
export function startNode({ args, env }: Command, { onCore0 }: { onCore0: boolean }): Measured {
  const node = [process.execPath, ...args];
  const [file, ...rest] = onCore0 && pinned ? ["taskset", "-c", "0", ...node] : node;
  const child = spawn(file!, rest, {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  const stop = () => end(child, ended);
  return {
    cpuMicros: () => cpuMicrosOf(child.pid!),
    residentMiB: () => residentMiBOf(child.pid!),
    hasEnded: () => hasEnded(child),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (hasEnded(child)) return;
  const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(impatience);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/**
 * Sums the time on a core of all threads: the first field of schedstat, in nanoseconds (https://docs.kernel.org/scheduler/sched-stats.html).
 * The threads of Node last as long as it. /proc/PID/stat counts in ticks of 10 ms, which is coarse for a slice on a busy machine.
 */
function cpuMicrosOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanos.reduce((sum, one) => sum + one, 0) / NANOS_A_MICRO;
}

/** Reads the memory of a process, in MiB. */
export function residentMiBOf(pid: number): number {
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / KIB_A_MIB;
}

function hasTaskset(): boolean {
  try {
    execFileSync("taskset", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function otherCores(): string {
  return `1-${cores - 1}`;
}
