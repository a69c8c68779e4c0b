import { url as debuggerUrl } from "node:inspector";
import { type Environment, textOf } from "./settings-reader.ts";

/** Beginnings of Node's options that weaken the process or make it tell secrets, with their effects. */
const UNSAFE_OPTIONS: Readonly<Record<string, string>> = {
  "--inspect": "opens the process to anybody who connects",
  "--insecure-http-parser": "accepts requests that a proxy reads differently",
  "--report-": "writes secrets of the environment into files",
  "--heapsnapshot-": "writes everything in memory into files",
  "--heap-prof": "writes files about what is in memory",
  "--cpu-prof": "writes files about what runs",
  "--abort-on-uncaught-exception": "writes everything in memory into a file",
  "--experimental-config-file": "reads further options from a file",
  "--experimental-default-config-file": "reads further options from a file",
  "--tls-keylog": "writes the keys of TLS connections into a file",
  "--trace-tls": "prints TLS connections",
  "--trace ": "prints all values, secrets too",
  "--print-all-exceptions": "prints the values in errors",
  "--prof": "writes files about what runs",
  "--perf-": "writes files about what runs",
  "--trace-event-": "writes files about what runs",
  "--tls-cipher-list": "may allow ciphers that are broken",
  "--openssl-": "may allow a TLS that is broken",
  "--max-http-header-size": "lets callers fill the memory",
  "--tls-min-v1.0": "allows a TLS that is broken",
  "--tls-min-v1.1": "allows a TLS that is broken",
};

/** Returns the mistakes in Node's own settings: variables, and options in NODE_OPTIONS and in `execArgv`. */
export function unsafeNodeSettings(environment: Environment, execArgv: readonly string[]): string[] {
  const given = [...execArgv, textOf(environment, "NODE_OPTIONS")].join(" ");
  // Node takes quotation marks away, and reads an underscore as a dash. V8 takes one dash for two.
  const options = given.replaceAll(/["\\]/g, "").replaceAll("_", "-").split(/\s+/);
  if (debuggerUrl() !== undefined) options.push("--inspect"); // SIGUSR1 came before guard.ts took it
  const mistakes: string[] = [];
  if (textOf(environment, "NODE_DEBUG") !== undefined)
    mistakes.push("NODE_DEBUG must not be set: it prints URLs with secrets");
  if (textOf(environment, "NODE_TLS_REJECT_UNAUTHORIZED") === "0")
    mistakes.push("NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches certificates off");
  for (const [beginning, effect] of Object.entries(UNSAFE_OPTIONS))
    if (options.some((option) => `${option.replace(/^-+/, "--")} `.startsWith(beginning)))
      mistakes.push(`${beginning.trim()} must not be on: it ${effect}`);
  return mistakes;
}
