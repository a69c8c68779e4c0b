import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Unit of CPU time in /proc: USER_HZ is 100 on every Linux on which Node runs. */
const MICROS_A_TICK = 10_000;
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

/** `utime` and `stime`, the 14th and 15th field of stat (proc_pid_stat(5)); the 2nd may hold blanks, so fields are counted after it. */
function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK;
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
