import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "./config.ts";

type SandboxOptions = Parameters<typeof startSandbox>[0];

/** Starts a sandbox whose secret the services of tests have, and which knows every ticket unless a test says otherwise. */
export function openSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({ secret: CLIENT_SECRET_KEY, knowsAll: true, ...options });
}

/**
 * Settings of a vendor that does not exist. The port is reserved (tcpmux). A port that was just free could be taken by
 * a server of another test.
 */
export function nobodyListening(): { SOCIOMILE_BASE_URL: string } {
  return { SOCIOMILE_BASE_URL: "http://127.0.0.1:1" };
}
