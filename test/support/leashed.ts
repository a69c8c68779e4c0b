import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface Order {
  command: string;
  args: readonly string[];
  signal: NodeJS.Signals;
  /** Working directory of the program. It is deleted at the end. */
  directory: string;
}

const READY_WITHIN_MS = 40_000;

/** Starts a program that ends when it is disposed or when this process dies. Resolves when it accepts connections on `port`. */
export async function startLeashed(order: Order, port: number): Promise<AsyncDisposable> {
  const leash = fileURLToPath(new URL("leash.ts", import.meta.url));
  const child = spawn(process.execPath, [leash, JSON.stringify(order)], { stdio: ["pipe", "ignore", "inherit"] });
  const gone = once(child, "exit");
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.stdin.end();
      throw new Error(`${order.command} does not accept connections`);
    }
    await sleep(50);
  }
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
