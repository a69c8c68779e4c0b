/** The end of a process: without its secrets, and with a sentence. */
import { classOf, faultLines } from "./telemetry/faults.ts";

/** Exit code of a crash, from sysexits.h. */
const EX_SOFTWARE = 70;

// Settings may make Node write a profile at the end. A process that only exits replaces this one, without the environment.
/** Ends a process whose settings are refused. */
export function endRefused(message: string, code: number): void {
  if (/--(?:cpu|heap)-prof/.test(message))
    process.execve?.(process.execPath, [process.execPath, "--eval", `process.exit(${code})`], {});
  process.exitCode = code;
}

/**
 * Keeps secrets inside the process: at SIGUSR1 Node would open its debugger, and at an uncaught error it would print the message.
 * When one item of a list fails at once, graphql-js drops the items before it: their later errors are of no use.
 */
export function guardProcess(): void {
  process.on("SIGUSR1", () => {});
  process.on("uncaughtException", (error: unknown, origin) => {
    if (origin === "unhandledRejection" && error instanceof Error && error.name === "GraphQLError") return;
    console.error(faultLines(`The service crashed (${classOf(error)}).`, error));
    process.exit(EX_SOFTWARE);
  });
}

/** Names of settings or options, and the ports that they gave. */
export type Ports = Readonly<Record<string, number>>;

/** Returns the sentence about an error that ended a start. It names the setting to change, and quotes none but a port. */
export function startFailure(error: unknown, ports: Ports): string {
  const { code, port } = error instanceof Error ? (error as { code?: string; port?: number }) : {};
  const names = Object.keys(ports).filter((name) => port !== undefined && ports[name] === port);
  const named = `${port} (${names.join(" or ")})`;
  if (code === "EADDRINUSE" && names.length > 0)
    return `Port ${named} is already in use. Stop the program that uses it, or choose another port.`;
  if (code === "EACCES" && names.length > 0)
    return `Port ${named} is not allowed for this user. Choose one above 1023.`;
  if (/^(?:EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)$/.test(code ?? ""))
    return `HOST or MANAGEMENT_HOST is no address of this machine (${code}).`;
  return faultLines(`The service could not start (${code ?? classOf(error)}).`, error);
}
