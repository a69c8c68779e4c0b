import type { DestinationStream } from "pino";
import type { Events, SubmissionLine } from "./events.ts";

/** Package that writes lines for people. It is no part of production, and the constant hides it from the bundler. */
const PINO_PRETTY: string = "pino-pretty";

/** The used part of that package. */
interface PinoPretty {
  prettyFactory(options: object): (line: string) => string;
}

/** Functions that colour a text, or leave it as it is where there are no colours. */
type Colors = Record<"bold" | "cyan" | "gray" | "green" | "red" | "yellow", (text: string) => string>;

/** A parsed line of the log. */
type Line = { event: string } & Record<string, unknown>;

/** Returns a destination that writes each JSON line of the log to `output` in a form for people. Without the package the lines stay JSON. */
export async function prettyLines(output: DestinationStream): Promise<DestinationStream> {
  const pretty = (await import(PINO_PRETTY).catch(() => null)) as PinoPretty | null;
  if (pretty === null) return output;
  let sandboxUrl: string | null = null;
  const format = pretty.prettyFactory({
    customColors: "message:reset,trace:gray,debug:gray,info:green,warn:yellow,error:red,fatal:red",
    translateTime: "SYS:HH:MM:ss",
    hideObject: true, // messageFormat shows the fields
    ignore: "name", // a field of ours, which the package would take for the name of a logger
    customPrettifiers: { time: (time: string) => time },
    messageFormat(line: Line, _: string, __: string, { colors }: { colors: Colors }): string {
      if (line.event === "sandbox.started") sandboxUrl = String(line["url"]);
      return messageOf(line, sandboxUrl, colors);
    },
  });
  return { write: (line) => output.write(format(line)) };
}

function messageOf(line: Line, sandboxUrl: string | null, colors: Colors): string {
  const event = colors.bold(line.event);
  switch (line.event) {
    case "service.started":
      return `${event} ${banner(line as unknown as Events["service.started"], sandboxUrl, colors)}`;
    case "operation.answered":
      return `${event} ${answer(line as unknown as Events["operation.answered"], colors)}`;
    case "delivery.ended": {
      const { submissionId: id, ...delivery } = line as unknown as Events["delivery.ended"];
      return `${event} ${submissionOf({ id, ...delivery }, colors)}`;
    }
    default: {
      const { level: _, time: __, event: ___, ...fields } = line;
      return [event, ...pairs(fields, colors)].join(" ");
    }
  }
}

/** Addresses that a terminal lets a person click. */
function banner(
  { version, mode, url, managementUrl }: Events["service.started"],
  sandboxUrl: string | null,
  { bold, cyan, gray }: Colors,
): string {
  const at = (path: string) => new URL(path, url).href;
  const addresses: [name: string, address: string, note: string][] = [
    ["landing page", at("/"), "Apollo's page, which needs the internet"],
    ["explorer", at("/explorer"), "works without the internet; a tab for each operation"],
    ["GraphQL", url, ""],
    ["metrics", `${managementUrl}/metrics`, ""],
  ];
  if (sandboxUrl !== null)
    addresses.push(["sandbox", `${sandboxUrl}/sandbox/`, "stands in for Sociomile; its moods and its log"]);
  const widest = Math.max(...addresses.map(([, address]) => address.length));
  const rows = addresses.map(([name, address, note]) =>
    `    ${bold(name.padEnd(14))}${cyan(address)}${" ".repeat(widest - address.length + 2)}${gray(note)}`.trimEnd(),
  );
  return `version ${version}, ${mode}\n\n${rows.join("\n")}\n`;
}

/** Result of an operation: its root fields, its outcome and its time, then one line for each submission. */
function answer(
  { fields, outcome, tookMs, requestId, submissions }: Events["operation.answered"],
  colors: Colors,
): string {
  const color = outcome === "OK" ? colors.green : colors.red;
  const lines = submissions.map((submission) => `\n    ${submissionOf(submission, colors)}`);
  const name = fields.join(", ") || "no field";
  return `${name} ${color(outcome)} ${Math.round(tookMs)} ms ${colors.gray(requestId)}${lines.join("")}`;
}

function submissionOf({ operation, outcome, reason, id, tookMs }: SubmissionLine, colors: Colors): string {
  const isGood = outcome === "CONFIRMED" || outcome === "REPLAYED";
  const stages = Object.entries(tookMs).map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`);
  const result = (isGood ? colors.green : colors.yellow)(
    reason === null ? outcome : `${outcome} (${reason})`,
  );
  return [operation, result, ...stages, colors.gray(id ?? "")].join(" ").trimEnd();
}

/** Writes each field as `name value`. A text with a blank or a control character is written as JSON. */
function pairs(fields: Record<string, unknown>, { gray }: Colors): string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      const isPlain = typeof value === "string" && /^[\w.:/@+-]+$/.test(value);
      return `${gray(name)} ${isPlain ? value : JSON.stringify(value)}`;
    });
}
