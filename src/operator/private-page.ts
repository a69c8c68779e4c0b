/** A page for the one browser that opened its address, with its files and an API. It shows nothing to anybody else, and does nothing for them. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { isLoopback } from "../config/setting-types.ts";
import { classOf, faultLines } from "../telemetry/faults.ts";
import { answer, hostOf, targetOf } from "../http/message.ts";
import { listen } from "../http/server.ts";
import { isSameSecret } from "../identity/principal.ts";
import { UsageError } from "./arguments.ts";
import { WORDS, jsonOf } from "./printable.ts";

const TYPES = new Map([
  ["index.html", "text/html; charset=utf-8"],
  ["page.js", "text/javascript; charset=utf-8"],
  ["page.css", "text/css; charset=utf-8"],
]);
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  connection: "close", // browsers send a request again when a connection that was used before closes without an answer
};
/** Longest body of a request, in characters. */
const MAX_BODY = 16_384;

export type Answered = [status: number, body: object | Buffer, headers?: Record<string, string>];
const AS_TEXT = { "content-type": "text/plain; charset=utf-8" };
const CLOSED: Answered = [403, Buffer.from(WORDS.closed.join("\n")), AS_TEXT];

interface PrivatePage {
  /** Address that opens the page once, with a token. Null: a development service shows it to this machine, below its own pages. */
  own: URL | null;
  folder: string;
  api: (asked: unknown) => Promise<Answered>;
}

/** Returns the handler of the page's requests, for browsers on this machine that opened the address with the token, as long as this process lives. */
export function createPrivatePage({ own, folder, api }: PrivatePage): RequestListener {
  const root = own?.pathname ?? "/operators/";
  // Browsers send a cookie to every port of its host. This one goes to a path that no server at another port knows, under a name of its own.
  // The prefix __Host- would need HTTPS and the path /, and sessionStorage, which belongs to one port, does not reach a second tab.
  const cookie = `operator-${randomBytes(6).toString("hex")}=${randomBytes(32).toString("base64url")}`;
  let unused = own?.searchParams.get("token");

  return async (request, response) => {
    const [status, body, headers] = await serve(request).catch((error): Answered => {
      console.error(faultLines(`The page failed (${classOf(error)}).`, error));
      return [500, {}];
    });
    const text = body instanceof Buffer ? body : jsonOf(body);
    answer(response, status, text, { ...HEADERS, ...headers });
  };

  async function serve(request: IncomingMessage): Promise<Answered> {
    const target = targetOf(request);
    const { origin } = request.headers;
    // Against names that others let resolve to this machine (DNS rebinding), and against pages of other origins.
    const host = hostOf(target?.authority ?? "");
    if (!target || !(own ? host === own.hostname : isLoopback(host)))
      return request.method === "GET" ? CLOSED : [403, {}];
    const scheme = "encrypted" in request.socket ? "https" : "http";
    if (origin !== undefined && origin !== `${scheme}://${target.authority}`) return [403, {}];
    if (`${target.path}/` === root) return [308, {}, { location: root }];
    const name = target.path === root ? "index.html" : target.path.replace(root, "");
    if (request.method === "POST" && name === "api" && origin !== undefined && isKnown(request))
      return api(await bodyOf(request));
    const shown = new URLSearchParams(request.url?.split("?")[1]).get("token");
    const isPage = request.method === "GET" && name === "index.html";
    const opens = isPage && (own === null || (unused && isSameSecret(shown ?? "", unused)));
    if (opens) unused = "";
    const isOpen = opens || (shown === null && isKnown(request));
    if (isPage && !isOpen) return CLOSED;
    if (request.method !== "GET" || !isOpen) return [403, {}];
    const type = TYPES.get(name);
    const file = type && (await readFile(join(folder, name)).catch(() => null));
    if (!file) return [404, {}];
    const setCookie = opens && { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=${root}` };
    const body = await promisify(gzip)(file); // every browser accepts it
    return [200, body, { "content-type": type, "content-encoding": "gzip", ...setCookie }];
  }

  function isKnown({ headers }: IncomingMessage): boolean {
    return (headers.cookie ?? "").split("; ").some((each) => isSameSecret(each, cookie));
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) if ((text += part).length > MAX_BODY) return null;
  return Promise.try(JSON.parse, text).catch(() => null);
}

/** Serves a page on this machine alone, under a name of its own, until the command ends. `create`: makes its handler for the address that opens it once. */
export async function serveUntilEnd(create: (own: URL) => RequestListener, port: number): Promise<void> {
  const [host, path, token] = [6, 12, 32].map((bytes) => randomBytes(bytes).toString("hex"));
  // A new origin: what others served at this port before, such as a service worker, or serve at other ports, cannot reach the page.
  const own = new URL(`http://operator-${host}.localhost/${path}/?token=${token}`);
  const serve = create(own);
  const server = await listen(serve, { host: "127.0.0.1", port }).catch(refusePort);
  own.port = new URL(server.url).port;
  // Browsers may look for the name here first, and nobody else is to listen.
  const second = await listen(serve, { host: "::1", port: Number(own.port) })
    .catch(unlessNoIPv6)
    .catch((error) => server.close().then(() => Promise.reject(error as UsageError)));
  console.error(`Open ${own.href} once. The page closes with this command (Ctrl-C).`);
  await waitForEnd();
  await Promise.all([server.close(), second?.close()]);
}

function refusePort({ code }: NodeJS.ErrnoException): never {
  throw new UsageError(`--port: The port cannot be used (${code}).`);
}

function unlessNoIPv6(error: NodeJS.ErrnoException): null {
  return /^EADDRNOTAVAIL$|^EAFNOSUPPORT$/.test(error.code ?? "") ? null : refusePort(error);
}

/** Resolves at a signal. In a pod no signal arrives when `kubectl exec` is gone, but standard input ends. */
async function waitForEnd(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal));
  if (!process.stdin.isTTY) signals.push(once(process.stdin.resume(), "end"));
  await Promise.race(signals);
  process.stdin.destroy();
}
