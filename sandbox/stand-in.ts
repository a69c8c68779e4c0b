import { randomBytes } from "node:crypto";
import { startSandbox } from "./server.ts";

/** Starts the sandbox for a service, with a random secret. Returns it with the settings of its service. A file beside that of an SQLite ledger keeps its tickets. */
export async function startStandIn(port: number, ledgerUrl: string) {
  const secret = randomBytes(24).toString("base64url");
  const ledger = /^sqlite:(.+)$/s.exec(ledgerUrl)?.[1];
  const file = ledger === undefined ? null : `${ledger}.sandbox`;
  const sandbox = await startSandbox({ port, secret, file });
  const settings = { SOCIOMILE_BASE_URL: sandbox.url, SOCIOMILE_CLIENT_SECRET_KEY: { value: secret, file: null } };
  return { ...sandbox, settings };
}
