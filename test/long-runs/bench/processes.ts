/** Processes under measurement. They are read from outside, so they need no hook. Linux only. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../support/free-port.ts";

export type Server = Awaited<ReturnType<typeof startServer>>;

export interface Command {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

const lastCore = availableParallelism() - 1;
/** True when targets have a core of their own, so that nothing else uses its caches. */
export const pinned = process.platform === "linux" && lastCore > 0;

/** Reserves core 0 for the targets. This process, and processes that it starts without `onCore0`, use the other cores. */
export function leaveCore0(): void {
  if (pinned) execFileSync("taskset", ["-acp", `1-${lastCore}`, String(process.pid)], { stdio: "ignore" });
}

/** Starts a server on a free port, which it gets in PORT. Resolves when `ask` gets its first answer. */
export async function startServer(
  { args, env }: Command,
  ask: (origin: string) => Promise<unknown>,
  { onCore0 } = { onCore0: true },
) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const node = [process.execPath, ...args];
  const [file, ...rest] = onCore0 && pinned ? ["taskset", "-c", "0", ...node] : node;
  const began = performance.now();
  const child = spawn(file!, rest, {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    child.kill();
    await ended;
  };
  const isEarly = async (error: NodeJS.ErrnoException) => {
    const hasNoKeys = error.message.includes("AUTHENTICATION_UNAVAILABLE"); // of the issuer of tokens
    if ((error.code === "ECONNREFUSED" || hasNoKeys) && !hasEnded()) return true;
    await stop();
    throw error;
  };
  while (await ask(origin).then(() => false, isEarly)) await sleep(2);
  return {
    origin,
    /** Time from the start of the process to the first right answer, in milliseconds. */
    startMs: performance.now() - began,
    cpuMicros: () => cpuMicrosOf(child.pid!),
    residentMiB: () => residentMiBOf(child.pid!),
    hasEnded,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Sums the time on a core of all threads: the first field of schedstat, in nanoseconds (https://docs.kernel.org/scheduler/sched-stats.html).
 * The threads of Node last as long as it. /proc/PID/stat counts in ticks of 10 ms, which is coarse for a slice on a busy machine.
 */
function cpuMicrosOf(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanos.reduce((sum, one) => sum + one, 0) / 1000;
}

/** Reads the memory of a process: the present one, or the largest so far. */
export function residentMiBOf(pid: number, which: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(status.match(`${which}:\\s*(\\d+) kB`)?.[1]) / 1024;
}
