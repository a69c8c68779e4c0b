/** Takes the log, line by line. */
interface Lines {
  write: (text: string) => void;
}

/** Package that writes lines for people. The constant hides it from the bundler. */
const PINO_PRETTY: string = "pino-pretty";

/** Returns a destination that writes the log to `output` for people, and the addresses after a start. Without the package it stays JSON. */
export async function prettyLines(output: Lines): Promise<Lines> {
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
