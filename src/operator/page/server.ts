/** The page for operators: its files, and an API that runs commands. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { isLoopback } from "../../config/kinds.ts";
import { answer } from "../../http/refuse.ts";
import { hostOf, targetOf } from "../../http/target.ts";
import { LedgerRefused, LedgerUnusable } from "../../ledger/open.ts";
import { LedgerUnavailable } from "../../tickets/ports.ts";
import { Arguments, UsageError } from "../arguments.ts";
import type { Command, Opened } from "../command.ts";
import { timeOf } from "../printable.ts";

/** Files of the page, with their types. Vite builds them beside the bundles. */
const FILES = join(import.meta.dirname, "../page");
const TYPES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Commands that the page may run: those that read, and those that change something, with the options that it adds. */
const READING = new Set(["list", "doubts", "queue", "show", "verdicts"]);
const CHANGING = new Set(["resolve", "correct", "cancel", "retry"]);
const SIGNED = new Set(["resolve", "correct", "cancel"]);

/** Largest body of a request, in bytes. */
const MAX_BODY = 16_384;

export interface PageOptions {
  /** Person who is recorded with every action. */
  by: string;
  isReadOnly: boolean;
  /** Opens the page once. Null: whoever asks for the page may use it, as in development. */
  token: string | null;
  /** Path of the page, with a slash at its end. */
  path: string;
}

/** A command as the page asks for it. */
export interface Asked {
  command: string;
  id?: string;
  options?: Record<string, string | boolean>;
  /** Time of the last change of the submission that the operator has seen. */
  seen?: string;
}

/** Result of a request. */
interface Answered {
  status: number;
  body: object | Buffer;
  headers?: Record<string, string>;
}

const FORBIDDEN: Answered = { status: 403, body: {} };
const NOT_FOUND: Answered = { status: 404, body: {} };

/**
 * Returns the handler of the page's requests. It serves this machine alone, and nobody who has not opened the address with the token before: the
 * browser then has a cookie that lives as long as this handler.
 */
export function pageFor(
  opened: Omit<Opened, "width">,
  find: (name: string) => Command | undefined,
  { by, isReadOnly, token, path: root }: PageOptions,
): RequestListener {
  // Browsers send the cookies of one port to all ports of a host.
  const cookie = `operator-${randomBytes(6).toString("hex")}=${randomBytes(32).toString("base64url")}`;
  let unused = token;

  return (request, response) => {
    void serve(request)
      .catch((error): Answered => {
        console.error(`The page failed (${error instanceof Error ? error.constructor.name : typeof error}).`);
        return { status: 500, body: { refusal: "The page failed. Its command has the reason." } };
      })
      .then(({ status, body, headers }) =>
        answer(response, status, body instanceof Buffer ? body : JSON.stringify(body), {
          ...HEADERS,
          ...headers,
        }),
      );
  };

  async function serve(request: IncomingMessage): Promise<Answered> {
    const target = targetOf(request);
    const { origin, "sec-fetch-site": site = "same-origin" } = request.headers;
    // Against pages of other origins, and against names that resolve to this machine (DNS rebinding).
    if (!target || !isLoopback(hostOf(target.authority))) return FORBIDDEN;
    if (origin !== undefined && URL.parse(origin)?.host !== target.authority) return FORBIDDEN;
    if (`${target.path}/` === root) return { status: 308, body: {}, headers: { location: root } };
    if (!target.path.startsWith(root)) return NOT_FOUND;
    const name = target.path.slice(root.length) || "index.html";
    if (request.method === "POST" && name === "api")
      return origin !== undefined && site === "same-origin" && isKnown(request)
        ? await run((await bodyOf(request)) as Asked | null)
        : FORBIDDEN;
    if (request.method !== "GET") return { status: 405, body: {}, headers: { allow: "GET" } };
    const shown = new URLSearchParams(request.url?.split("?")[1]).get("token");
    const opens = name === "index.html" && (token === null || (shown !== null && use(shown)));
    if (!opens && (shown !== null || !isKnown(request))) return FORBIDDEN;
    const type = TYPES[name];
    const file = type && (await readFile(join(FILES, name)).catch(() => null));
    if (!type || !file) return NOT_FOUND;
    const setCookie = opens && { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=${root}` };
    return { status: 200, body: file, headers: { "content-type": type, ...setCookie } };
  }

  function use(shown: string): boolean {
    if (unused === null || !isSame(shown, unused)) return false;
    unused = null;
    return true;
  }

  function isKnown({ headers }: IncomingMessage): boolean {
    return (headers.cookie ?? "").split("; ").some((each) => isSame(each, cookie));
  }

  async function run(asked: Asked | null): Promise<Answered> {
    const { command: name = "", id, options = {}, seen } = asked ?? {};
    const command = READING.has(name) || (!isReadOnly && CHANGING.has(name)) ? find(name) : undefined;
    if (!command) return FORBIDDEN;
    const page = {
      by,
      isReadOnly,
      zone: opened.config.SOCIOMILE_TIME_ZONE,
      now: timeOf(Temporal.Now.instant()),
    };
    try {
      const given: [string, string | boolean][] = Object.entries({
        ...options,
        ...(SIGNED.has(name) && { by }),
      });
      const args = given.map(([option, value]) => (value === true ? `--${option}` : `--${option}=${value}`));
      const work = command.prepare(new Arguments(command.usage, [...args, ...(id ? ["--", id] : [])]));
      const { text, data, refusal } = await work({ ...opened, ledger: ledgerAsSeen(seen), width: Infinity });
      return { status: 200, body: { ...data, page, refusal, ...(options["csv"] && { text }) } };
    } catch (error) {
      const isKnown = [UsageError, LedgerUnavailable, LedgerUnusable, LedgerRefused].some(
        (known) => error instanceof known,
      );
      if (!isKnown) throw error;
      const { message: refusal } = error as Error;
      return { status: error instanceof UsageError ? 200 : 503, body: { page, refusal } };
    }
  }

  /** Returns the ledger as its operator saw it. It then refuses to correct what a colleague has corrected since. */
  function ledgerAsSeen(seen: string | undefined): Opened["ledger"] {
    if (seen === undefined) return opened.ledger;
    const open = async () => {
      const ledger = await opened.ledger.open();
      const findAsSeen: typeof ledger.find = async (id) => {
        const found = await ledger.find(id);
        const isSeen = !found?.settledAt || timeOf(found.settledAt) === seen;
        return isSeen ? found : { ...found, settledAt: Temporal.Instant.from(seen) };
      };
      return { ...ledger, find: findAsSeen };
    };
    return { ...opened.ledger, open };
  }
}

/** Reads JSON. Null: it is none, or too long. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) if ((text += part).length > MAX_BODY) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Compares secrets in a time that tells nothing about them. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash("sha256", one, "buffer"), hash("sha256", other, "buffer"));
}
