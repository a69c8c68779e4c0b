import { type DestinationStream, pino } from "pino";
import { type EventName, type Events, type Observe, levelOf } from "./events.ts";

/** Exit code of a service whose log cannot be written, from sysexits.h. */
const EX_SOFTWARE = 70;

/** Makes the log on standard output. */
export function createLog(level: string): Observe {
  return createLogTo(standardOutput(), level);
}

/** Returns standard output as a destination that has written each line when the next statement runs. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: process.stdout.fd, sync: true });
  // By itself pino would go on in silence when a pipe is closed, or the disk of a file is full.
  output.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (process.exitCode === EX_SOFTWARE) return;
    process.exitCode = EX_SOFTWARE;
    console.error(`Standard output cannot be written (${code}). The service stops, because its log would be lost.`);
    process.kill(process.pid, "SIGTERM");
  });
  return output;
}

/** Time in which each reason of an event that anybody can cause has one line, with the number since the last one. */
const COUNTED: ReadonlySet<EventName> = new Set(["identity.router_refused", "identity.caller_refused"]);
const COUNTED_EVERY_MS = 60_000;

/** Most tickets that one line names: log stores cut long lines. */
const MAX_TICKETS = 500;

/** Writes events as JSON lines. `level`: least severe pino level; lines that name tickets, the record of reading, always are. */
export function createLogTo(destination: DestinationStream, level: string): Observe {
  const counts = new Map<string, { count: number; writtenAt: number }>();
  /** Returns the number of such lines since the last one. Null: that one is recent. */
  const countOf = (line: string): number | null => {
    const { count, writtenAt } = counts.get(line) ?? { count: 0, writtenAt: -Infinity };
    const isDue = performance.now() - writtenAt >= COUNTED_EVERY_MS;
    counts.set(line, isDue ? { count: 0, writtenAt: performance.now() } : { count: count + 1, writtenAt });
    return isDue ? count + 1 : null;
  };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const record = logger.child({}, { level: "trace" });
  return (event, fields) => {
    const count = COUNTED.has(event) ? countOf(JSON.stringify({ event, ...fields })) : undefined;
    if (count === null) return;
    const severity = levelOf(event, fields);
    const { tickets } = fields as Partial<Events["operation.answered"]>;
    if (!tickets) return logger[severity]({ event, count, ...fields }); // some events have a count of their own
    for (let from = 0; from < tickets.length; from += MAX_TICKETS)
      record[severity]({ event, ...fields, tickets: tickets.slice(from, from + MAX_TICKETS) });
  };
}
