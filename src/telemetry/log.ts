import { type DestinationStream, pino } from "pino";
import { type EventName, type Events, type Observe, levelOf } from "./events.ts";

/** Exit code of a service whose log cannot be written, from sysexits.h. */
const EX_SOFTWARE = 70;

/** Makes the log on standard output: JSON, or lines for people. */
export async function createLog(format: "json" | "pretty", level: string): Promise<Observe> {
  if (format === "json") return createLogTo(standardOutput(), level);
  return createLogTo(await prettyLines(process.stdout), level);
}

/** Returns standard output as a destination that has written each line when the next statement runs. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: process.stdout.fd, sync: true });
  // By itself pino would go on in silence when a pipe is closed, or the disk of a file is full.
  output.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (process.exitCode === EX_SOFTWARE) return;
    process.exitCode = EX_SOFTWARE;
    console.error(
      `Standard output cannot be written (${code}). The service stops, because its log would be lost.`,
    );
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

/** Package that writes lines for people. It is no part of production, and the constant hides it from the bundler. */
const PINO_PRETTY: string = "pino-pretty";

/** Returns a destination that writes the log to `output` for people, and the addresses after a start. */
export async function prettyLines(output: DestinationStream): Promise<DestinationStream> {
  const pretty = (await import(PINO_PRETTY).catch(() => null)) as {
    prettyFactory(options: object): (line: object) => string;
  } | null;
  if (pretty === null) return output;
  const format = pretty.prettyFactory({
    messageFormat: "{event}{if fields} {fields}{end}{if outcome} {outcome}{end}{if problems} {problems}{end}",
    singleLine: true,
    ignore: "event,fields,outcome,problems,operationType,operationName,startedAt,traceParent,person",
  });
  let sandboxUrl: string | null = null;
  return {
    write(text) {
      const line = JSON.parse(text) as Record<string, unknown>;
      output.write(format(line));
      if (line["event"] === "sandbox.started") sandboxUrl = String(line["url"]);
      if (line["event"] === "service.started") output.write(addresses(line, sandboxUrl));
    },
  };
}

/** Addresses that a terminal lets a person click. */
function addresses({ url, managementUrl }: Record<string, unknown>, sandboxUrl: string | null): string {
  const at = (path: string) => new URL(path, String(url)).href;
  const studio = `https://studio.apollographql.com/sandbox/explorer?endpoint=${String(url)}`;
  const rows = [
    ["explorer", at("/explorer"), "works without the internet; a tab for each operation"],
    ["operators", at("/operators/"), "what waits for an operator: doubts, conflicts, the queue"],
    ["Apollo Studio", studio, "needs the internet"],
    ["GraphQL", String(url), ""],
    ["metrics", `${String(managementUrl)}/metrics`, ""],
    sandboxUrl && ["sandbox", `${sandboxUrl}/sandbox/`, "stands in for Sociomile; its moods and its log"],
  ];
  const lines = rows
    .filter((row) => row !== null)
    .map(([name, address, note]) => `    ${name!.padEnd(13)}  ${address!.padEnd(31)}  ${note}`.trimEnd());
  return `\n${lines.join("\n")}\n\n`;
}
