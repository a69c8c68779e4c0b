/** The page for operators: its files, and an API that runs commands. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { isLoopback } from "../../config/kinds.ts";
import { classOf } from "../../errors.ts";
import { answer } from "../../http/refuse.ts";
import { hostOf, targetOf } from "../../http/target.ts";
import { argumentsIn, UsageError, optionsIn } from "../arguments.ts";
import { type Find, LEDGER_ERRORS, type Opened } from "../command.ts";
import { jsonOf, timeOf } from "../printable.ts";

/** Folder of the page, which Vite builds beside the bundles. */
const FILES = join(import.meta.dirname, "../page");
const TYPES = new Map([
  ["index.html", "text/html"],
  ["page.js", "text/javascript"],
  ["page.css", "text/css"],
]);
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
/** Commands that the page may run. */
const READING = new Set(["list", "doubts", "queue", "show", "verdicts"]);
const CHANGING = new Set(["resolve", "correct", "cancel", "retry"]);
/** Longest body of a request, in characters. */
const MAX_BODY = 16_384;

export interface PageOptions {
  /** Person who is recorded with every action. */
  by: string;
  isReadOnly: boolean;
  /** Host of the page, and the token that opens it once. Null: a development service shows it to this machine, below its own pages. */
  own: { host: string; token: string } | null;
}

/** A command as the page asks for it. `seen`: time of the submission's last change, as far as the operator knows. */
export interface Asked {
  command: string;
  id?: string;
  options?: Record<string, string | boolean>;
  seen?: string;
}

type Answered = [status: number, body: object | Buffer, headers?: Record<string, string>];

/**
 * Returns the handler of the page's requests. It serves browsers on this machine that have opened the address with the token: they keep a cookie
 * that is worth nothing when this process has ended.
 */
export function pageFor(opened: Opened, find: Find, { by, isReadOnly, own }: PageOptions): RequestListener {
  const root = own ? "/" : "/operators/";
  // The name is this page's own: browsers send the cookies of one port to every port of a host.
  const cookie = `operator-${randomBytes(6).toString("hex")}=${randomBytes(32).toString("base64url")}`;
  let unused = own?.token ?? null;

  return async (request, response) => {
    const [status, body, headers] = await serve(request).catch((error): Answered => {
      console.error(`The page failed (${classOf(error)}).`);
      return [500, { refusal: "The page failed." }];
    });
    const text = body instanceof Buffer ? body : jsonOf(body);
    answer(response, status, text, { ...HEADERS, ...headers });
  };

  async function serve(request: IncomingMessage): Promise<Answered> {
    const target = targetOf(request);
    const { origin } = request.headers;
    // Against names that others let resolve to this machine (DNS rebinding), and against pages of other origins.
    const host = hostOf(target?.authority ?? "");
    if (!target || !(own ? host === own.host : isLoopback(host))) return [403, {}];
    const scheme = "encrypted" in request.socket ? "https" : "http";
    if (origin !== undefined && origin !== `${scheme}://${target.authority}`) return [403, {}];
    if (`${target.path}/` === root) return [308, {}, { location: root }];
    const name = target.path === root ? "index.html" : target.path.replace(root, "");
    if (request.method === "POST" && name === "api" && origin !== undefined && isKnown(request))
      return run(await bodyOf(request));
    const shown = new URLSearchParams(request.url?.split("?")[1]).get("token");
    const opens = request.method === "GET" && name === "index.html" && (own === null || isUnused(shown));
    if (opens) unused = null;
    if (request.method !== "GET" || !(opens || (shown === null && isKnown(request)))) return [403, {}];
    const type = TYPES.get(name);
    const file = type && (await readFile(join(FILES, name)).catch(() => null));
    if (!file) return [404, {}];
    const setCookie = opens && { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=${root}` };
    return [200, file, { "content-type": `${type}; charset=utf-8`, ...setCookie }];
  }

  function isUnused(shown: string | null): boolean {
    return shown !== null && unused !== null && isSame(shown, unused);
  }

  function isKnown({ headers }: IncomingMessage): boolean {
    return (headers.cookie ?? "").split("; ").some((each) => isSame(each, cookie));
  }

  async function run(asked: unknown): Promise<Answered> {
    if (!isAsked(asked)) return [403, {}];
    const { command: name, id = "", options = {}, seen } = asked;
    const command = READING.has(name) || (CHANGING.has(name) && !isReadOnly) ? find(name) : null;
    const isKnownOption = (option: string) => option in optionsIn(command!.usage);
    if (!command || !Object.keys(options).every(isKnownOption)) return [403, {}];
    const { SOCIOMILE_TIME_ZONE: zone } = opened.config;
    const page = { by, isReadOnly, zone, now: timeOf(Temporal.Now.instant()) };
    try {
      const signed = { ...options, ...("by" in optionsIn(command.usage) && { by }) };
      const args = Object.entries<string | boolean>(signed).map(([option, value]) =>
        value === true ? `--${option}` : `--${option}=${value}`,
      );
      const work = command.prepare(argumentsIn(command.usage, id === "" ? args : [...args, "--", id]), find);
      const { data, refusal = "" } = await work({ ...opened, ledger: ledgerAt(seen) });
      return [200, { ...data, page, refusal }];
    } catch (error) {
      if (error instanceof UsageError) return [200, { page, refusal: error.message }];
      // A change may have been made all the same.
      if (LEDGER_ERRORS.some((reason) => error instanceof reason)) return [503, {}];
      throw error;
    }
  }

  /** Returns the ledger as its operator saw it. It refuses to correct what a colleague has corrected since. */
  function ledgerAt(seen: string | undefined): Opened["ledger"] {
    if (seen === undefined) return opened.ledger;
    const settledAt = Temporal.Instant.from(seen);
    const open = async () => {
      const ledger = await opened.ledger.open();
      const findAsSeen: typeof ledger.find = async (id) => {
        const found = await ledger.find(id);
        return found?.settledAt && timeOf(found.settledAt) !== seen ? { ...found, settledAt } : found;
      };
      return { ...ledger, find: findAsSeen };
    };
    return { ...opened.ledger, open };
  }
}

function isAsked(body: unknown): body is Asked {
  const { command, id = "", options = {}, seen = "1970-01-01T00:00:00Z" } = Object(body) as Partial<Asked>;
  const texts: unknown[] = [command, id, seen];
  if (!texts.every((text) => typeof text === "string") || !/^\d{4}(?:-\d\d){2}T\d\d(?::\d\d){2}Z$/.test(seen))
    return false;
  return options !== null && typeof options === "object" && !Array.isArray(options);
}

/** Reads JSON. Null: it is none, or too long. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) if ((text += part).length > MAX_BODY) return null;
  return Promise.try(JSON.parse, text).catch(() => null);
}

/** Compares secrets in a time that tells nothing about them. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash("sha256", one, "buffer"), hash("sha256", other, "buffer"));
}
