import { type DestinationStream, pino } from "pino";
import { type Level, type Observe, levelOf } from "./events.ts";

/** Levels of lines that do not wait in a destination that gathers lines. */
const URGENT: ReadonlySet<Level> = new Set(["warn", "error"]);

/** Writes events as JSON lines. `level` is the least severe pino level that is written. */
export function logTo(destination: DestinationStream, level: string): Observe {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (event, fields) => {
    const levelOfLine = levelOf(event, fields);
    logger[levelOfLine]({ event, ...fields });
    if (URGENT.has(levelOfLine)) logger.flush();
  };
}
