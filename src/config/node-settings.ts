import { url as debuggerUrl } from "node:inspector";
import { type Environment, textOf } from "./settings.ts";

/** Effects of Node's options that weaken the process or make it tell secrets, with the beginnings of these options. */
const UNSAFE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "opens the process to anybody who connects": ["--inspect"],
  "accepts requests that a proxy reads differently": ["--insecure-http-parser"],
  "lets callers fill the memory": ["--max-http-header-size"],
  "reads further options from a file": ["--experimental-config-file", "--experimental-default-config-file"],
  "writes secrets of the environment into files": ["--report-"],
  "writes everything in memory into files": ["--heapsnapshot-", "--abort-on-uncaught-exception"],
  "writes files about what is in memory": ["--heap-prof"],
  "writes files about what runs": ["--cpu-prof", "--prof", "--perf-", "--trace-event-"],
  "writes the keys of TLS connections into a file": ["--tls-keylog"],
  "prints TLS connections": ["--trace-tls"],
  "prints all values, secrets too": ["--trace "],
  "prints the values in errors": ["--print-all-exceptions"],
  "may allow ciphers that are broken": ["--tls-cipher-list"],
  "may allow a TLS that is broken": ["--openssl-", "--tls-min-v1.0", "--tls-min-v1.1"],
};

/** Returns the mistakes in Node's own settings: variables, and options in NODE_OPTIONS and in `execArgv`. */
export function unsafeNodeSettings(environment: Environment, execArgv: readonly string[]): string[] {
  const inVariable = optionsIn(textOf(environment, "NODE_OPTIONS") ?? "");
  const options = [...inVariable, ...optionsIn(execArgv.join(" "))];
  if (debuggerUrl() !== undefined) options.push("--inspect"); // SIGUSR1 came before guard.ts took it
  const mistakes: string[] = [];
  if (textOf(environment, "NODE_DEBUG") !== undefined)
    mistakes.push("NODE_DEBUG must not be set: it prints URLs with secrets");
  if (textOf(environment, "NODE_TLS_REJECT_UNAUTHORIZED") === "0")
    mistakes.push("NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches certificates off");
  for (const [effect, beginnings] of Object.entries(UNSAFE_OPTIONS))
    for (const beginning of beginnings) {
      const isUnsafe = (option: string) => `${option.replace(/^-+/, "--")} `.startsWith(beginning);
      const where = inVariable.some(isUnsafe) ? " in NODE_OPTIONS" : "";
      if (options.some(isUnsafe)) mistakes.push(`${beginning.trim()}${where} must not be on: it ${effect}`);
    }
  return mistakes;
}

/** Returns the options in a text. Node takes quotation marks away, and reads an underscore as a dash; V8 takes one dash for two. */
function optionsIn(given: string): string[] {
  return given.replaceAll(/["\\]/g, "").replaceAll("_", "-").split(/\s+/);
}
