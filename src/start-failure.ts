import { classOf } from "./errors.ts";

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
  // The message may quote a setting, so only the code or the class of the error is printed.
  return `The service could not start (${code ?? classOf(error)}).`;
}
