import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { controlPrefix, serveControl } from "./control.ts";
import { type MoodOptions, MoodSetting } from "./mood-setting.ts";
import type { Mood } from "./moods.ts";
import { type Received, RequestLog } from "./request-log.ts";
import { type SandboxTicket, Tickets } from "./tickets.ts";
import { serveVendor, type VendorDesk } from "./vendor-api.ts";

export type { Mood, MoodOptions, Received, SandboxTicket };

export interface SandboxOptions {
  /** 0, or none, for any free port. */
  port?: number;
  /** 127.0.0.1 unless told. */
  host?: string;
  /** What `client_secret_key` has to be. */
  secret: string;
  mood?: Mood;
  /** How many of the newest tickets and log entries are kept in memory; 100 000 unless told. */
  keep?: number;
  /**
   * An idle connection is closed after this long; 5000 unless told, 0 for never. It is announced to the
   * caller in whole seconds, so that less than 1000 is announced as none.
   */
  keepAliveMs?: number;
}

/** A running stand-in for the vendor. */
export interface Sandbox extends AsyncDisposable {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** Every vendor request of which at least the head arrived, oldest first. */
  readonly received: readonly Received[];
  /** Every ticket really made, oldest first. */
  readonly tickets: readonly SandboxTicket[];
  /** Changes how the vendor requests that arrive from now on are treated. */
  setMood(mood: Mood, options?: MoodOptions): void;
  /** Cuts every open connection, the hanging ones too, and stops listening. */
  close(): Promise<void>;
}

/** Starts a stand-in vendor; rejects when the port cannot be had. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port = 0, host = "127.0.0.1", secret, mood = "well", keep = 100_000, keepAliveMs = 5000 } = options;
  const desk = {
    secret,
    mood: new MoodSetting(),
    log: new RequestLog(keep),
    tickets: new Tickets(keep),
  };
  desk.mood.set(mood);
  const server = serverFor(desk, keepAliveMs);
  await once(server.listen(port, host), "listening");
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeNow(server));

  return {
    url: urlOf(server),
    get received() {
      return desk.log.newest;
    },
    get tickets() {
      return desk.tickets.newest;
    },
    setMood: (next, moodOptions) => desk.mood.set(next, moodOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Without Node's grace period, so that an idle connection really closes when it was announced to. */
function serverFor(desk: VendorDesk, keepAliveMs: number): Server {
  const timing = { keepAliveTimeout: keepAliveMs, keepAliveTimeoutBuffer: 0 };
  return createServer(timing, (request, response) => {
    const serve = request.url?.startsWith(controlPrefix) ? serveControl : serveVendor;
    void serve(desk, request, response);
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sandbox listens on no port");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function closeNow(server: Server): Promise<void> {
  const closing = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closing;
}
