import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CONTROL_PREFIX, serveControl } from "./control.ts";
import { type Mood, type MoodOptions, MoodSetting } from "./moods.ts";
import { type Received, Records, type SandboxTicket } from "./records.ts";
import { serveVendor, type SandboxState } from "./vendor-api.ts";

export type { Mood, MoodOptions, Received, SandboxTicket };

export interface SandboxOptions {
  /** Port; any free one by default, or with 0. */
  port?: number;
  /** Address; 127.0.0.1 by default. */
  host?: string;
  /** Expected value of `client_secret_key`. */
  secret: string;
  mood?: Mood;
  /** True: refuses updates of tickets by anything but an id in Sociomile's form, for people who mistake the number for the id. */
  checksIds?: boolean;
  /** File in which tickets outlive the sandbox. Without it they are in memory only. */
  file?: string | null;
  /** Number of tickets, and of log entries, that stay in memory; 100 000 by default. */
  keep?: number;
  /**
   * Time after which an idle connection is closed, in milliseconds; 5000 by default, 0 for never. The caller is told in whole
   * seconds, so less than 1000 is announced as none.
   */
  keepAliveMs?: number;
}

/** A running server that stands in for the vendor. */
export interface Sandbox extends AsyncDisposable {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** Vendor requests whose head has arrived, oldest first. */
  readonly received: readonly Received[];
  readonly tickets: readonly SandboxTicket[];
  /** Changes the treatment of vendor requests that arrive from now on. */
  setMood(mood: Mood, options?: MoodOptions): void;
  /** Cuts every open connection, also the hanging ones, and stops listening. */
  close(): Promise<void>;
}

/** Starts the sandbox. Rejects when the port is not available. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { secret, host = "127.0.0.1", checksIds = false } = options;
  const records = new Records(options.keep ?? 100_000, options.file ?? null);
  const mood = new MoodSetting(options.mood);
  const state: SandboxState = { secret, mood, records, checksIds };
  // Without Node's grace period an idle connection closes at the announced time.
  const timing = { keepAliveTimeout: options.keepAliveMs ?? 5000, keepAliveTimeoutBuffer: 0 };
  const server = createServer(timing, (request, response) => {
    if (isLocal(host) && !isLocal(request.headers.host ?? "")) return void response.writeHead(421).end();
    const serve = request.url?.startsWith(CONTROL_PREFIX) ? serveControl : serveVendor;
    void serve(state, request, response);
  });
  await once(server.listen(options.port ?? 0, host), "listening");
  const closed = once(server, "close");
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await closed;
  };

  return {
    url: urlOf(server),
    get received() {
      return [...records.requests];
    },
    get tickets() {
      return [...records.tickets];
    },
    setMood: (next, moodOptions) => mood.set(next, moodOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * True for an authority of this machine. A sandbox that listens there serves no other, so that no web page calls it by a name that resolves
 * to this machine (DNS rebinding).
 */
function isLocal(authority: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::\d+)?$/i.test(authority);
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
