/** The sandbox: the vendor's two endpoints, and those that control it. */
import { once } from "node:events";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type JsonObject, jsonObjectIn } from "./contract.ts";
import { DOWN_MS, MOODS, type Mood, type MoodOptions, createMoodSetting, isMood, json } from "./moods.ts";
import { type Received, type SandboxTicket, createRecords } from "./records.ts";
import { serveVendor, type SandboxState } from "./vendor-api.ts";

export type { Mood, MoodOptions, Received, SandboxTicket };

interface SandboxOptions {
  /** Expected value of `client_secret_key`. */
  secret: string;
  /** Port; any free one by default, or with 0. */
  port?: number;
  mood?: Mood;
  /** Number of tickets, and of log entries, that stay in memory; 100 000 by default. */
  keep?: number;
  /** File that keeps the tickets for the next run. Null, the default: none does. */
  file?: string | null;
  /** True: updates of unknown tickets are accepted in every mood, as in the mood any-ticket. */
  knowsAll?: boolean;
  /** Time after which an idle connection is closed, in milliseconds: 5000 by default, 0 for never. Less than 1000 is announced as none. */
  keepAliveMs?: number;
}

/** Time in which the request that puts the sandbox down is answered. Milliseconds. */
const LAST_ANSWER_MS = 100;

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Starts a server that stands in for the vendor. Rejects when the port is not available. */
export async function startSandbox(options: SandboxOptions) {
  const { secret, knowsAll = false } = options;
  const records = createRecords(options.keep ?? 100_000, options.file ?? null);
  const mood = createMoodSetting((next, { delayMs = DOWN_MS }) => {
    clearTimeout(rising);
    if (next !== "down") return rise();
    server.close();
    rising = setTimeout(() => mood.set("well"), delayMs);
    setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS); // the request for it is answered
  });
  let rising: NodeJS.Timeout | undefined;
  const state: SandboxState = { secret, mood, records, knowsAll };
  // Without Node's grace period an idle connection closes at the announced time.
  const timing = { keepAliveTimeout: options.keepAliveMs ?? 5000, keepAliveTimeoutBuffer: 0 };
  const server = createServer(timing, (request, response) => {
    if (!isLocal(request.headers.host ?? "")) return void response.writeHead(421).end();
    const serve = request.url?.startsWith(CONTROL_PREFIX) ? serveControl : serveVendor;
    serve(state, request).then(
      (ending) => ending(response),
      () => response.destroy(), // the body did not arrive
    );
  });
  await once(server.listen(options.port ?? 0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const rise = () => void (server.listening || server.listen(port, "127.0.0.1"));
  mood.set(options.mood ?? "well");
  const close = async (): Promise<void> => {
    clearTimeout(rising);
    const closed = server.listening ? once(server, "close") : null;
    server.close();
    server.closeAllConnections();
    await closed;
  };

  return {
    /** Base URL, without a slash at the end. */
    url: `http://127.0.0.1:${port}`,
    /** Vendor requests whose head has arrived, oldest first. */
    get received() {
      return [...records.requests];
    },
    get tickets() {
      return [...records.tickets.values()];
    },
    setMood: (next: Mood, moodOptions?: MoodOptions) => mood.set(next, moodOptions),
    /** Cuts every open connection, also the hanging ones, and stops listening. */
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** True for an authority of this machine. The sandbox serves no other, so that no web page calls it by a name that resolves here (DNS rebinding). */
function isLocal(authority: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::\d+)?$/i.test(authority);
}

/** Path of the control endpoints. They need no secret, so the sandbox belongs on loopback. */
const CONTROL_PREFIX = "/sandbox/";

const HELP = {
  control: {
    "GET /sandbox/": "this page",
    "PUT /sandbox/mood":
      'sets the mood: {"mood": …, "times"?: 1…, "delayMs"?: 0…, "path"?: "create" | "update-status"}',
    "GET /sandbox/log": "shows the newest requests and tickets",
    "GET /sandbox/counts": "counts all requests, and those that were executed",
  },
  moods: Object.fromEntries(Object.entries(MOODS).map(([mood, { meaning }]) => [mood, meaning])),
};

/** Serves the person or program that controls the sandbox: sets the mood, reads the log. */
async function serveControl({ mood, records }: SandboxState, request: IncomingMessage) {
  const setting = jsonObjectIn(await text(request));
  switch (`${request.method} ${request.url}`) {
    case "GET /sandbox/":
      return json(200, HELP);
    case "PUT /sandbox/mood":
      if (!setting || !isMoodSetting(setting)) return json(400, HELP);
      mood.set(setting.mood, setting);
      return json(200, setting);
    case "GET /sandbox/log":
      return json(200, { received: records.requests, tickets: [...records.tickets.values()] });
    case "GET /sandbox/counts":
      return json(200, records.counts);
    default:
      return json(404, HELP);
  }
}

function isMoodSetting(setting: JsonObject): setting is JsonObject & MoodOptions & { mood: Mood } {
  const { mood, times = 1, delayMs = 0, path = "create", ...rest } = setting;
  const isPath = path === "create" || path === "update-status";
  return isMood(mood) && Number(times) >= 1 && Number(delayMs) >= 0 && isPath && Object.keys(rest).length === 0;
}
