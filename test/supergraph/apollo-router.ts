import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { parse, stringify } from "yaml";
import { repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import type { CheckToken } from "./hive.ts";
import { startForwarding } from "./recorder.ts";

export type RouterSettings = Record<string, unknown>;

const IN_PATH = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, "router"));

/** Path of Apollo Router: that of APOLLO_ROUTER, or `router` in PATH. Null: it is not here. It is a program and no package. */
export const APOLLO_ROUTER: string | null =
  process.env["APOLLO_ROUTER"] || (IN_PATH.find((file) => existsSync(file)) ?? null);

/** Sentence about tests that are skipped, and about a router that cannot be started. */
export const NO_APOLLO_ROUTER =
  "Apollo Router is not here: put its program `router` into PATH, or its path into APOLLO_ROUTER.";

export const routerSettings = (file: string) => parse(deployed(file)) as RouterSettings;

/** Settings and script for AUTH=router. Apollo Router checks tokens only with GraphOS, so the settings for that are left out. */
export function authenticatingRouter(change = (script: string) => script) {
  const { authentication: _, ...settings } = routerSettings("auth-router/router.yaml");
  const files = { "rhai/caller-headers.rhai": change(deployed("auth-router/caller-headers.rhai")) };
  return { settings: { ...routerSettings("router.yaml"), ...settings }, files };
}

/** Puts checked claims into the context of a request, as the router does itself with GraphOS: before any service of the supergraph. */
const CLAIMS_SCRIPT = `
fn router_service(service) {
  service.map_request(|request| {
    if "x-checked-claims" in request.headers {
      request.context[Router.APOLLO_AUTHENTICATION_JWT_CLAIMS] = json::decode(request.headers["x-checked-claims"]);
    }
  });
}`;

interface Changes {
  /** Settings in place of those of deploy/. */
  settings?: RouterSettings;
  /** Changes the script of deploy/auth-router. */
  change?: (script: string) => string;
}

/** Serves a supergraph with Apollo Router behind a check of tokens, which it does not make itself. */
export async function serveAuthenticatingRouter(
  supergraph: string,
  port: number,
  checkToken: CheckToken,
  { settings: more = {}, change = (script) => script }: Changes = {},
) {
  await using opening = new AsyncDisposableStack();
  const { settings, files } = authenticatingRouter((script) => change(script) + CLAIMS_SCRIPT);
  const served = { supergraph, settings: { ...settings, ...more }, files };
  const router = opening.use(await serveApolloRouter(served, port));
  const addClaims = async (headers: IncomingHttpHeaders) => {
    const claims = await checkToken(headers.authorization);
    return { ...headers, ...(claims && { "x-checked-claims": JSON.stringify(claims) }) };
  };
  const { url } = opening.use(await startForwarding(router.url, addClaims));
  return Object.assign(opening.move(), { url });
}

const deployed = (file: string): string => repositoryText(`deploy/${file}`);

export type ApolloRouter = Awaited<ReturnType<typeof serveApolloRouter>>;

/** The router ended before it served. The message holds the errors of its log. */
export class RouterRefused extends Error {
  constructor(log: readonly string[]) {
    super(`Apollo Router ended:\n${log.filter((line) => !/"level":"(?:INFO|WARN)"/.test(line)).join("\n")}`);
  }
}

/**
 * Serves a supergraph with Apollo Router on loopback; `port` 0: any free one. `files` are written beside the configuration, by their paths.
 * Rejects with RouterRefused when the router does not accept supergraph or settings.
 */
export async function serveApolloRouter(
  served: { supergraph: string; settings?: RouterSettings; files?: Record<string, string> },
  port: number,
) {
  const { supergraph, settings = routerSettings("router.yaml"), files = {} } = served;
  if (APOLLO_ROUTER === null) throw new Error(NO_APOLLO_ROUTER);
  const temporary = temporaryFiles();
  // The health check has a port of its own, which two routers cannot share.
  const running = { ...settings, health_check: { enabled: false } };
  const written = { "supergraph.graphql": supergraph, "router.yaml": stringify(running), ...files };
  for (const [name, text] of Object.entries(written)) temporary.write(name, text);
  const inputs = ["--config", "router.yaml", "--supergraph", "supergraph.graphql"];
  const child = spawn(APOLLO_ROUTER, [...inputs, "--listen", `127.0.0.1:${port}`], {
    cwd: temporary.directory,
    env: { APOLLO_TELEMETRY_DISABLED: "true", ROUTER_SECRET: process.env["ROUTER_SECRET"] ?? "no-secret" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  const ended = once(child, "close").finally(() => temporary[Symbol.dispose]());
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.push(line);
      const exposed = /GraphQL endpoint exposed at (http\S+)/.exec(line)?.[1];
      if (exposed !== undefined) resolve(exposed);
    });
    ended.then(() => reject(new RouterRefused(log)), reject);
  });
  return {
    url,
    log,
    ended,
    signal: (name: NodeJS.Signals) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
