import type { DestinationStream } from "pino";

/** Longest time for which a line waits. Milliseconds. */
const GATHER_MS = 50;

/**
 * Gathers lines for `destination`: many share one write. `flush` writes those that wait, and so does every end of the process that runs
 * JavaScript. SIGKILL loses them.
 */
export function gathered(destination: DestinationStream): DestinationStream & { flush(): void } {
  let lines = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (lines === "") return;
    const waiting = lines;
    lines = "";
    destination.write(waiting);
  };
  process.on("exit", flush);
  return {
    flush,
    write(line) {
      lines += line;
      timer ??= setTimeout(flush, GATHER_MS).unref();
    },
  };
}
