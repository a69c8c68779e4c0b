import { type DestinationStream, pino } from "pino";
import { type Level, type Observe, levelOf } from "./events.ts";

/** Levels of lines that do not wait in a destination that gathers lines. */
const URGENT: ReadonlySet<Level> = new Set(["warn", "error"]);

/** Fields that hold times in milliseconds, by themselves or in objects. */
const serializers = { startedAt: rounded, tookMs: rounded, submissions: rounded };

/** Rounds every number in a value to one decimal: clocks give a dozen of them. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Math.round(value * 10) / 10;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
}

/** Writes events as JSON lines. `level` is the least severe pino level that is written. */
export function logTo(destination: DestinationStream, level: string): Observe {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers },
    destination,
  );
  return (event, fields) => {
    const levelOfLine = levelOf(event, fields);
    logger[levelOfLine]({ event, ...fields });
    if (URGENT.has(levelOfLine)) logger.flush();
  };
}
