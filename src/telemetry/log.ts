import { type DestinationStream, pino } from "pino";
import { type EventName, type Level, type Observe, levelOf } from "./events.ts";

/** Most text that waits, in bytes, and longest time for which it does, in milliseconds. */
const GATHER_BYTES = 4096;
const GATHER_MS = 50;

/** Exit code of a service whose log cannot be written, from sysexits.h. */
const EX_SOFTWARE = 70;

/** Levels of lines that do not wait in a destination that gathers lines. */
const URGENT: ReadonlySet<Level> = new Set(["warn", "error"]);

/**
 * Returns standard output as a destination in which many lines share one write. Every end of the process that runs JavaScript writes those that
 * wait. SIGKILL loses them.
 */
export function standardOutput(): DestinationStream {
  const output = pino.destination({
    dest: process.stdout.fd,
    sync: true,
    minLength: GATHER_BYTES,
    periodicFlush: GATHER_MS,
  });
  process.on("exit", () => output.flushSync());
  output.setMaxListeners(0); // each line that does not wait adds one, and many may come at once
  // By itself pino would go on in silence when a pipe is closed.
  output.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (process.exitCode === EX_SOFTWARE) return;
    process.exitCode = EX_SOFTWARE;
    console.error(
      `Standard output cannot be written (${code}). The service stops, because nobody reads its log.`,
    );
    process.kill(process.pid, "SIGTERM");
  });
  return output;
}

/** Events that callers without an identity cause. Each of their reasons has one line in this time, with their number since the last one. */
const COUNTED: ReadonlySet<EventName> = new Set<EventName>(["identity.caller_refused"]);
const COUNTED_EVERY_MS = 60_000;

/** Writes events as JSON lines. `level` is the least severe pino level that is written. */
export function logTo(destination: DestinationStream, level: string): Observe {
  const counts = new Map<string, { count: number; toldAt: number }>();
  /** Returns the number of such lines since the last one. Null: that was a moment ago. */
  const countOf = (line: string): number | null => {
    const { count, toldAt } = counts.get(line) ?? { count: 0, toldAt: -Infinity };
    const isDue = performance.now() - toldAt >= COUNTED_EVERY_MS;
    counts.set(line, isDue ? { count: 0, toldAt: performance.now() } : { count: count + 1, toldAt });
    return isDue ? count + 1 : null;
  };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (event, fields) => {
    const levelOfLine = levelOf(event, fields);
    const count = COUNTED.has(event) ? countOf(JSON.stringify({ event, ...fields })) : undefined;
    if (count === null) return;
    logger[levelOfLine]({ event, count, ...fields }); // some events have a count of their own
    if (URGENT.has(levelOfLine)) logger.flush();
  };
}
