import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** What /proc counts CPU time in: USER_HZ is 100 on every Linux that Node runs on. */
const MICROS_A_TICK = 10_000;
const KIB_A_MIB = 1024;
/** How long a process has to end by itself, in milliseconds. */
const STOP_WITHIN_MS = 10_000;

/** A process under measurement, read from outside so that it needs no hook. Linux only. */
export interface Measured extends AsyncDisposable {
  /** User and system time of all its threads so far, in microseconds. */
  cpuMicros: () => number;
  /** What it has in memory now, in MiB. */
  residentMiB: () => number;
  /** Whether it has ended. */
  hasEnded: () => boolean;
  /** Asks it to end, and waits. */
  stop: () => Promise<void>;
}

export interface Command {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** How many cores this machine gives us. */
export const cores = availableParallelism();

/** Whether targets have a core to themselves: then nothing but the target shares its caches. */
export const pinned = cores > 1 && hasTaskset();

/** Leaves core 0 to the targets: this process, and what it starts without `onCore0`, keep to the others. */
export function leaveCore0(): void {
  if (pinned) execFileSync("taskset", ["-acp", otherCores(), String(process.pid)], { stdio: "ignore" });
}

/** Starts Node with exactly this environment. What it writes on stdout is thrown away. */
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

/** `utime` and `stime`, the 14th and 15th field of stat (proc_pid_stat(5)); the 2nd may hold blanks, so count from its end. */
function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MICROS_A_TICK;
}

/** What a process has in memory now, in MiB. */
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
