import { url as debuggerUrl } from "node:inspector";
import { type Environment, variableIn } from "./settings.ts";

/** Options that production allows: sizes of memory, certificates of the system, no debugger at SIGUSR1. */
export const ALLOWED_OPTIONS: ReadonlySet<string> = new Set([
  "--max-heap-size",
  "--max-old-space-size",
  "--max-old-space-size-percentage",
  "--max-semi-space-size",
  "--use-openssl-ca",
  "--use-system-ca",
  "--disable-sigusr1",
]);

/** Variables that must not be set, and what they do. */
const UNSAFE_VARIABLES: Readonly<Record<string, string>> = {
  NODE_DEBUG: "prints URLs with secrets",
  NODE_V8_COVERAGE: "writes files about what runs",
  OPENSSL_CONF: "may allow a TLS that is broken",
};

/** Returns the mistakes in Node's own settings: variables, and options in NODE_OPTIONS and in `execArgv`. */
export function unsafeNodeSettings(environment: Environment, execArgv: readonly string[]): string[] {
  const mistakes = Object.entries(UNSAFE_VARIABLES)
    .filter(([name]) => variableIn(environment, name) !== undefined)
    .map(([name, effect]) => `${name} must not be set: it ${effect}`);
  if (variableIn(environment, "NODE_TLS_REJECT_UNAUTHORIZED") === "0")
    mistakes.push("NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches certificates off");
  const isOpen = debuggerUrl() !== undefined; // SIGUSR1 may have come before guard.ts took it
  const inVariable = refusedIn(variableIn(environment, "NODE_OPTIONS") ?? "");
  const given = refusedIn(`${execArgv.join(" ")}${isOpen ? " --inspect" : ""}`).difference(inVariable);
  for (const option of [...Array.from(inVariable, (name) => `${name} in NODE_OPTIONS`), ...given])
    mistakes.push(`${option} must not be on: production allows few options of Node (docs/settings.md)`);
  return mistakes;
}

/** Names the options that are not allowed. Node reads an underscore as a dash; V8 takes one dash for two. */
function refusedIn(given: string): Set<string> {
  const words = given.replaceAll(/["\\]/g, "").replaceAll("_", "-").split(/\s+/);
  const names = words.flatMap((word) => /^-[\w-]*/.exec(word)?.[0] ?? []);
  return new Set(names.filter((name) => !ALLOWED_OPTIONS.has(name.replace(/^-+/, "--"))));
}
