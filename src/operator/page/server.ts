/** The page for operators: its files, and an API that runs commands. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { join } from "node:path";
import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { LRUCache } from "lru-cache";
import { isLoopback } from "../../config/kinds.ts";
import { type Problem, classOf, problem } from "../../errors.ts";
import { answer } from "../../http/refuse.ts";
import { hostOf, targetOf } from "../../http/target.ts";
import { isSameSecret } from "../../identity/router-credential.ts";
import type { SqlLedger } from "../../ledger/ledger.ts";
import type { Submission } from "../../tickets/submission.ts";
import { LEDGER_ERRORS, type Opened, prepareIn } from "../command.ts";
import { jsonOf, seenOf, timeOf } from "../printable.ts";
import { WORDS } from "../words.ts";

/** Folder of the page, which Vite builds beside the bundles. */
const FILES = join(import.meta.dirname, "../page");
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
/** Commands that the page may run. */
const READING = new Set(["list", "doubts", "queue", "show", "verdicts"]);
const CHANGING = new Set(["resolve", "correct", "cancel", "retry"]);
/** Longest body of a request, in characters. */
const MAX_BODY = 16_384;
/** Number of actions whose answers are remembered. */
const MAX_ANSWERS = 1000;

interface PageOptions {
  /** Person who is recorded with every action. */
  by: string;
  isReadOnly: boolean;
  /** Address that opens the page once, with a token. Null: a development service shows it to this machine, below its own pages. */
  own: URL | null;
}

/** A command as the page asks for it. `seen`: what its operator saw of the submission (`seenOf`). `action`: unique id of what is done once. */
export interface Asked {
  command: string;
  id?: string;
  options?: Record<string, string | true>;
  seen?: string;
  action?: string;
}

type Answered = [status: number, body: object | Buffer, headers?: Record<string, string>];
const AS_TEXT = { "content-type": "text/plain; charset=utf-8" };
const CLOSED: Answered = [403, Buffer.from(WORDS.closed.join("\n")), AS_TEXT];

/** Returns the handler of the page's requests, for browsers on this machine that opened the address with the token, as long as this process lives. */
export function pageFor(
  opened: Opened,
  line: CommandUnknownOpts,
  { by, isReadOnly, own }: PageOptions,
): RequestListener {
  const root = own?.pathname ?? "/operators/";
  // Browsers send a cookie to every port of its host. This one goes to a path that no server at another port knows, under a name of its own.
  // The prefix __Host- would need HTTPS and the path /, and sessionStorage, which belongs to one port, does not reach a second tab.
  const cookie = `operator-${randomBytes(6).toString("hex")}=${randomBytes(32).toString("base64url")}`;
  let unused = own?.searchParams.get("token");
  const answers = new LRUCache<string, Promise<Answered>>({ max: MAX_ANSWERS });

  return async (request, response) => {
    const [status, body, headers] = await serve(request).catch((error): Answered => {
      console.error(`The page failed (${classOf(error)}).`);
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
      return answerTo(await bodyOf(request));
    const shown = new URLSearchParams(request.url?.split("?")[1]).get("token");
    const isPage = request.method === "GET" && name === "index.html";
    const opens = isPage && (own === null || (unused && isSameSecret(shown ?? "", unused)));
    if (opens) unused = "";
    const isOpen = opens || (shown === null && isKnown(request));
    if (isPage && !isOpen) return CLOSED;
    if (request.method !== "GET" || !isOpen) return [403, {}];
    const type = TYPES.get(name);
    const file = type && (await readFile(join(FILES, name)).catch(() => null));
    if (!file) return [404, {}];
    const setCookie = opens && { "set-cookie": `${cookie}; HttpOnly; SameSite=Strict; Path=${root}` };
    return [200, file, { "content-type": type, ...setCookie }];
  }

  function isKnown({ headers }: IncomingMessage): boolean {
    return (headers.cookie ?? "").split("; ").some((each) => isSameSecret(each, cookie));
  }

  /** An action that comes again, as browsers send it when its answer is lost, gets the answer to the first one. */
  async function answerTo(asked: unknown): Promise<Answered> {
    if (!isAsked(asked)) return [400, {}];
    const answered = answers.get(asked.action ?? "") ?? run(asked);
    if (asked.action) answers.set(asked.action, answered);
    return answered;
  }

  async function run({ command: name, id = "", options = {}, seen }: Asked): Promise<Answered> {
    const isAllowed = READING.has(name) || (CHANGING.has(name) && !isReadOnly);
    const { options: declared = [] } = line.commands.find((form) => isAllowed && form.name() === name) ?? {};
    const takes = (option: string) => declared.some(({ long }) => long === `--${option}`);
    if (!isAllowed || !Object.keys(options).every(takes)) return [403, {}];
    const { SOCIOMILE_TIME_ZONE: zone } = opened.config;
    const page = { by, isReadOnly, zone, now: timeOf(Temporal.Now.instant()) };
    try {
      const signed = { ...options, ...(takes("by") && { by }) };
      const args = Object.entries<string | true>(signed).map(([option, value]) =>
        value === true ? `--${option}` : `--${option}=${value}`,
      );
      const { work } = prepareIn(line, [name, ...args, ...(id === "" ? [] : ["--", id])]);
      const { data } = await work({ ...opened, ledger: ledgerAt(seen) });
      return [200, { problems: [], ...data, page }];
    } catch (error) {
      if (error instanceof CommanderError) {
        const known = { ...(error.cause as Partial<Problem>), message: error.message };
        return [200, { problems: [problem("INVALID_INPUT", known)], page }];
      }
      // A change may have been made all the same.
      if (LEDGER_ERRORS.some((reason) => error instanceof reason)) return [503, {}];
      throw error;
    }
  }

  /** Returns the ledger as its operator saw it. It changes nothing that a colleague, or the queue, has changed since. */
  function ledgerAt(seen: string | undefined): Opened["ledger"] {
    const open = async (): Promise<SqlLedger> => {
      const ledger = await opened.ledger.open();
      const findAsSeen: typeof ledger.find = async (id) => {
        const found = await ledger.find(id);
        const isUnchanged =
          seen === undefined || (found && seenOf(JSON.parse(jsonOf(found)) as Submission) === seen);
        return found && !isUnchanged ? { ...found, attempts: -1 } : found; // as no row is
      };
      const isSeen = async (id: string) => (await findAsSeen(id))?.attempts !== -1;
      return {
        ...ledger,
        find: findAsSeen,
        cancel: async (id, who) => ((await isSeen(id)) ? ledger.cancel(id, who) : null),
        retry: async (id, who) => (await isSeen(id)) && ledger.retry(id, who),
      };
    };
    return { ...opened.ledger, open };
  }
}

function isAsked(body: unknown): body is Asked {
  const { command, id = "", options = {}, seen = "", action = "" } = Object(body) as Partial<Asked>;
  if ([command, id, seen, action].some((value) => typeof value !== "string")) return false;
  const values: unknown[] = Object.values(options ?? { null: null });
  return values.every((value) => typeof value === "string" || value === true);
}

/** Reads JSON. Null: it is none, or too long. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) if ((text += part).length > MAX_BODY) return null;
  return Promise.try(JSON.parse, text).catch(() => null);
}
