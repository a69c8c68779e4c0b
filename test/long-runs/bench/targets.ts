import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ENGINES, LEDGER_KEY, placeFor } from "../../support/ledgers.ts";
import { type Address, postOnce } from "./drive.ts";
import { type Command, type Measured, startNode } from "./processes.ts";
import { freePort } from "../../support/free-port.ts";
import { type Works, graphqlWorks, vendorWorks } from "./works.ts";

const SECRET = "secret-of-the-benchmark";
/** Folder of targets as JavaScript, so that none spends time at its start on stripping types. */
const BUILD = new URL("../../../dist/bench/", import.meta.url);
/** Pause between two calls to a starting target, in milliseconds. */
const ASK_EVERY_MS = 2;
const START_WITHIN_MS = 20_000;

export const RAW = "raw proxy";
export const USUAL = "usual subgraph";
/** Name of the service on SQLite with a federated trace in every request. */
export const TRACED = "SQLite, traced";
export const TARGET_NAMES = [RAW, ...ENGINES, TRACED, USUAL] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** A target of the measurement, with its address and requests. */
export interface Target {
  name: TargetName;
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
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => vendor.stop() };
}

/** The service with the settings of a deployment, but on loopback. No other code of the benchmark knows its settings. */
export function serviceOn(name: TargetName, vendorUrl: string, ledgerUrl: string): Target {
  return {
    name,
    works: graphqlWorks,
    headers: {},
    command: (port) => ({
      args: [fileURLToPath(new URL("../../../dist/main.js", import.meta.url))],
      env: {
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

/** All targets. Ledgers are empty at first and removed at the end. `postgresUrl`: a server, without a database name. */
export async function openTargets(
  vendorUrl: string,
  postgresUrl: string,
): Promise<{ targets: Target[] } & AsyncDisposable> {
  const opened = new AsyncDisposableStack();
  const services: Target[] = [];
  for (const engine of ENGINES) {
    const { url } = opened.use(await placeFor(engine, postgresUrl));
    services.push(serviceOn(engine, vendorUrl, url));
  }
  const { url: tracedUrl } = opened.use(await placeFor("SQLite"));
  const headers = { "apollo-federation-include-trace": "ftv1" };
  services.push({ ...serviceOn(TRACED, vendorUrl, tracedUrl), headers });
  const targets = [
    inThisFolder(RAW, "raw-proxy", vendorWorks, vendorUrl),
    ...services,
    inThisFolder(USUAL, "usual-subgraph", { ...graphqlWorks, entities: null }, vendorUrl),
  ];
  return { targets, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function inThisFolder(name: TargetName, file: string, works: Works, vendorUrl: string): Target {
  const script = fileURLToPath(new URL(`${file}.js`, BUILD));
  const source = readFileSync(new URL(`targets/${file}.ts`, import.meta.url), "utf8");
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(script, stripTypeScriptTypes(source));
  const env = { VENDOR_URL: vendorUrl, VENDOR_SECRET: SECRET };
  return {
    name,
    works,
    headers: {},
    command: (port) => ({ args: [script], env: { ...env, PORT: String(port) } }),
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
    await firstAnswer(address, target.works, running);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { ...running, target, address, startMs: performance.now() - started };
}

async function firstAnswer(address: Address, works: Works, { hasEnded }: Measured): Promise<void> {
  const giveUpAt = performance.now() + START_WITHIN_MS;
  for (;;) {
    try {
      await postOnce(address, works.helpdesk());
      return;
    } catch (error) {
      const refused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
      if (!refused || hasEnded() || performance.now() > giveUpAt) throw error;
      await sleep(ASK_EVERY_MS);
    }
  }
}
