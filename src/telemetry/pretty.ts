import type { DestinationStream } from "pino";

/** Package that writes lines for people. It is no part of production, and the constant hides it from the bundler. */
const PINO_PRETTY: string = "pino-pretty";

type Line = Readonly<Record<string, unknown>>;

/** Returns a destination that writes the log to `output` for people, and the addresses after a start. Without the package it stays JSON. */
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
      const line = JSON.parse(text) as Line;
      output.write(format(line));
      if (line["event"] === "sandbox.started") sandboxUrl = String(line["url"]);
      if (line["event"] === "service.started") output.write(addresses(line, sandboxUrl));
    },
  };
}

/** Address of Apollo Studio's Explorer, before that of GraphQL. */
const STUDIO = "https://studio.apollographql.com/sandbox/explorer?endpoint=";

/** Addresses that a terminal lets a person click. */
function addresses({ url, managementUrl }: Line, sandboxUrl: string | null): string {
  const at = (path: string) => new URL(path, String(url)).href;
  const rows = [
    ["explorer", at("/explorer"), "works without the internet; a tab for each operation"],
    ["operators", at("/operators/"), "what waits for an operator: doubts, conflicts, the queue"],
    ["Apollo Studio", `${STUDIO}${String(url)}`, "needs the internet"],
    ["GraphQL", at("/graphql"), ""],
    ["metrics", `${String(managementUrl)}/metrics`, ""],
  ];
  if (sandboxUrl !== null)
    rows.push(["sandbox", `${sandboxUrl}/sandbox/`, "stands in for Sociomile; its moods and its log"]);
  const lines = rows.map(([name = "", address = "", note]) =>
    `    ${name.padEnd(13)}  ${address.padEnd(31)}  ${note}`.trimEnd(),
  );
  return `\n${lines.join("\n")}\n\n`;
}
