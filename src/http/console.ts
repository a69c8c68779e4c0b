/** The console for operators: static files for everybody. Scopes decide what its operations may do. */
import { readFile, readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { braked } from "./brake.ts";
import { answer, refuse } from "./message.ts";

const ROOT = "/operators/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
const SAFE = { "cross-origin-resource-policy": "same-origin", "x-content-type-options": "nosniff" };
/** Folder of the files whose names change with their contents. */
const HASHED = "assets/";
const FOR_EVER = { "cache-control": "public, max-age=31536000, immutable" };

/** Longest time for the issuer's metadata. Milliseconds. */
const FETCH_WITHIN_MS = 2000;

/** Settings of the console, which it reads from config.json. `issuer` null: nobody signs in. */
interface ConsoleSettings {
  issuer: string | null;
  clientId: string | null;
  scopes: string;
  graphqlUrl: string;
  ticketUrl: string | null;
  timeZone: string;
}

export type OperatorConsole = Awaited<ReturnType<typeof createConsole>>;

/** Reads the files of the console, which the build has put into `folder`. */
export async function createConsole(folder: string, settings: ConsoleSettings) {
  const files = await filesIn(folder);
  const config = Buffer.from(JSON.stringify(settings));
  const policy = createPolicy(settings);
  return {
    /** Serves what lies at /operators. False for every other request. */
    serve(path: string, request: IncomingMessage, response: ServerResponse): boolean {
      if (!path.startsWith(ROOT) && `${path}/` !== ROOT) return false;
      const name = path.slice(ROOT.length) || "index.html";
      const file = files.get(name);
      if (request.method !== "GET" && request.method !== "HEAD")
        refuse(response, "METHOD_NOT_ALLOWED", { allow: "GET, HEAD" });
      else if (path.length < ROOT.length) answer(response, 308, "", { location: ROOT });
      else if (name === "config.json") answer(response, 200, config, SAFE);
      else if (!file) refuse(response, "NOT_FOUND");
      else if (name === "index.html")
        void policy().then((csp) => answer(response, 200, file, { ...headersOf(name), ...csp }));
      else answer(response, 200, file, { ...headersOf(name), ...FOR_EVER });
      return true;
    },
  };
}

/** Reads files with their paths in the folder, compressed: every browser accepts gzip. None: the folder was not built. */
async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = names.map((name) => name.replaceAll("\\", "/"));
  const shown = paths.filter((path) => path === "index.html" || path.startsWith(HASHED));
  const read = async (path: string) =>
    [path, await promisify(gzip)(await readFile(join(folder, path)), { level: 9 })] as const;
  return new Map(await Promise.all(shown.map(read)));
}

function headersOf(name: string) {
  return { ...SAFE, "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-encoding": "gzip" };
}

/** Returns a function that gives the page's policy: it calls nothing but itself, the issuer and the supergraph. */
function createPolicy({ issuer, graphqlUrl }: ConsoleSettings) {
  const known = [issuer, graphqlUrl].flatMap(originOf);
  const discover = braked(async () => (issuer === null ? [] : originsOf(issuer)));
  let discovered: string[] | null = null;
  return async () => {
    discovered ??= await discover();
    const connect = new Set(["'self'", ...known, ...(discovered ?? [])]);
    return {
      "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${[...connect].join(" ")}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'`,
      "referrer-policy": "no-referrer",
    };
  };
}

/** Origin of an address. None: it is a path, or no address. */
const originOf = (url: unknown) => (typeof url === "string" && URL.canParse(url) ? [new URL(url).origin] : []);

/** Reads the origins of the issuer's endpoints (OpenID Connect Discovery). Null: it does not answer. Never rejects. */
async function originsOf(issuer: string): Promise<string[] | null> {
  try {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
    const metadata = (await response.json()) as Record<string, unknown>;
    return ["token_endpoint", "revocation_endpoint"].flatMap((name) => originOf(metadata[name]));
  } catch {
    return null;
  }
}
