import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ENGINES, LEDGER_KEY, placeFor } from "../../support/ledgers.ts";
import { type Address, postOnce } from "./drive.ts";
import { type Command, type Measured, startNode } from "./processes.ts";
import { freePort } from "../../support/free-port.ts";
import { type Works, graphqlWorks, vendorWorks } from "./works.ts";

const SECRET = "secret-of-the-benchmark";
/** Build of the service in this checkout. */
const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));
/** Folder of targets as JavaScript, so that none spends time at its start on stripping types. */
const SCRIPTS = join(DIST, "bench");
/** Pause between two calls to a starting target, in milliseconds. */
const ASK_EVERY_MS = 2;
const START_WITHIN_MS = 20_000;

export const RAW = "raw proxy";
export const MERCURIUS = "Mercurius";
export const USUAL = "usual subgraph";
/** Name of the service on SQLite with a federated trace in every request. */
export const TRACED = "SQLite, traced";

/** A target of the measurement, with its address and requests. */
export interface Target {
  name: string;
  works: Works;
  headers: Readonly<Record<string, string>>;
  command(port: number): Command;
}

export interface Running extends Measured {
  target: Target;
  address: Address;
  /** Time from the start of the process to the first right answer to a helpdesk create, in milliseconds. */
  startMs: number;
}

/** Starts the sandbox in a process of its own. */
export async function startSandboxProcess(): Promise<{ url: string } & AsyncDisposable> {
  const port = await freePort();
  const args = [fileURLToPath(new URL("targets/sandbox.ts", import.meta.url))];
  const vendor = startNode({ args, env: { PORT: String(port), VENDOR_SECRET: SECRET } }, { onCore0: false });
  const url = `http://127.0.0.1:${port}`;
  await onceListening(() => fetch(url), vendor); // otherwise the first target could be faster
  return { url, [Symbol.asyncDispose]: () => vendor.stop() };
}

/** Environment variables of the service's image. */
const IMAGE_ENV = Object.fromEntries(
  readFileSync(new URL("../../../deploy/Dockerfile", import.meta.url), "utf8")
    .matchAll(/^ENV (\w+)=(\S+)$/gm)
    .map(([, name, value]) => [name!, value!]),
);

/** The service with the settings of a deployment, but on loopback. No other code of the benchmark knows its settings. */
export function serviceOn(name: string, vendorUrl: string, ledgerUrl: string, dist = DIST): Target {
  return {
    name,
    works: graphqlWorks,
    headers: {},
    command: (port) => ({
      args: [join(dist, "main.js")],
      env: {
        ...IMAGE_ENV,
        APP_MODE: "development", // because the vendor is on loopback and callers have no token
        PORT: String(port),
        MANAGEMENT_PORT: "0",
        SOCIOMILE_BASE_URL: vendorUrl,
        SOCIOMILE_CLIENT_SECRET_KEY: SECRET,
        DATABASE_URL: ledgerUrl,
        LEDGER_KEY: LEDGER_KEY.toString("base64"),
      },
    }),
  };
}

/** Servers that the targets use. `postgres`: a server, without a database name. */
export interface Urls {
  vendor: string;
  postgres: string;
}

/** All targets. Ledgers are empty at first and removed at the end. */
export async function openTargets(urls: Urls): Promise<{ all: Target[] } & AsyncDisposable> {
  const opened = new AsyncDisposableStack();
  const services = opened.use(await openServices(urls));
  const { url: tracedUrl } = opened.use(await placeFor("SQLite"));
  const headers = { "apollo-federation-include-trace": "ftv1" };
  const traced = { ...serviceOn(TRACED, urls.vendor, tracedUrl), headers };
  const withoutLedger = { ...graphqlWorks, entities: null };
  const all = [
    scripted(RAW, "raw-proxy", vendorWorks, urls.vendor),
    ...services.all,
    traced,
    scripted(MERCURIUS, "mercurius", withoutLedger, urls.vendor),
    scripted(USUAL, "usual-subgraph", withoutLedger, urls.vendor),
  ];
  return { all, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The service of this checkout and of another build in `dist`, on both engines. */
export async function openCompared(
  urls: Urls,
  { name, dist }: { name: string; dist: string },
): Promise<{ all: Target[] } & AsyncDisposable> {
  const opened = new AsyncDisposableStack();
  const here = opened.use(await openServices(urls));
  const there = opened.use(await openServices(urls, { of: ` at ${name}`, dist }));
  return { all: [...here.all, ...there.all], [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function openServices(
  { vendor, postgres }: Urls,
  { of = "", dist = DIST } = {},
): Promise<{ all: Target[] } & AsyncDisposable> {
  const opened = new AsyncDisposableStack();
  const all: Target[] = [];
  for (const engine of ENGINES) {
    const { url } = opened.use(await placeFor(engine, postgres));
    all.push(serviceOn(`${engine}${of}`, vendor, url, dist));
  }
  return { all, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A target of the folder `targets`. */
function scripted(name: string, file: string, works: Works, vendorUrl: string): Target {
  for (const script of [file, "plain-service"]) {
    const source = readFileSync(new URL(`targets/${script}.ts`, import.meta.url), "utf8");
    mkdirSync(SCRIPTS, { recursive: true });
    const code = stripTypeScriptTypes(source).replaceAll(/(?<=from "\.[^"]+)\.ts"/g, '.js"');
    writeFileSync(join(SCRIPTS, `${script}.js`), code);
  }
  const env = { VENDOR_URL: vendorUrl, VENDOR_SECRET: SECRET };
  return {
    name,
    works,
    headers: {},
    command: (port) => ({ args: [join(SCRIPTS, `${file}.js`)], env: { ...env, PORT: String(port) } }),
  };
}

/** Starts a target and waits for its first right answer. `flags`: Node's own. */
export async function startTarget(target: Target, flags: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const address = { origin: `http://127.0.0.1:${port}`, headers: target.headers };
  const { args, env } = target.command(port);
  const started = performance.now();
  const running = startNode({ args: [...flags, ...args], env }, { onCore0: true });
  try {
    await onceListening(() => postOnce(address, target.works.helpdesk()), running);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { ...running, target, address, startMs: performance.now() - started };
}

/** Repeats a call to a process until the process listens. */
async function onceListening(call: () => Promise<unknown>, { hasEnded }: Measured): Promise<void> {
  const giveUpAt = performance.now() + START_WITHIN_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!hasNoListener(error) || hasEnded() || performance.now() > giveUpAt) throw error;
      await sleep(ASK_EVERY_MS);
    }
  }
}

/** True when nothing listened. fetch puts its reason into the cause of its error. */
function hasNoListener(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "ECONNREFUSED") || hasNoListener(error.cause);
}
