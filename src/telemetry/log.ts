import { type DestinationStream, pino } from "pino";
import { type Observe, levelOf } from "./events.ts";

/** Writes events as JSON lines. `level` is the least severe pino level that is written. */
export function logTo(destination: DestinationStream, level: string): Observe {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (event, fields) => logger[levelOf(event, fields)]({ event, ...fields });
}
