import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { operatorsWork } from "../support/doubts.ts";
import { PRODUCTION } from "../config/production.ts";
import { type Engine, LEDGER_KEY } from "../support/ledgers.ts";
import { startServiceOn } from "../support/service.ts";

const OPERATOR = fileURLToPath(new URL("../../dist/operator.js", import.meta.url));

/** A verdict for a create, as options of `resolve` and `correct`. */
export const CREATED = ["--created", "690d950c5f287ad0ff3bd9tt", "--note", "n", "--by", "b"] as const;

export type Ended = Awaited<ReturnType<typeof operate>>;

/** Changes of settings. Null removes one. */
type Changes = Readonly<Record<string, string | null>>;

/** Runs the built command line as a process of its own, with settings of production. */
export async function operate(ledgerUrl: string, args: readonly string[], changes: Changes = {}, input = "") {
  const child = spawnOperator(ledgerUrl, args, changes);
  child.stdin.on("error", () => {}).end(input); // most commands read none
  const exited = once(child, "exit") as Promise<[number | null]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, stdout, stderr };
}

/** Starts the command line. `atTerminal`: `script` gives it a terminal, whose output is the standard output of the process. */
export function spawnOperator(
  ledgerUrl: string,
  args: readonly string[],
  changes: Changes = {},
  { atTerminal = false } = {},
) {
  const { env, line } = operatorEnvironment(ledgerUrl, changes);
  if (!atTerminal) return spawn(process.execPath, [OPERATOR, ...args], { env, stdio: "pipe" });
  const command = [line, ...args.map((word) => `'${word}'`)].join(" ");
  return spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { env, stdio: "pipe" });
}

/** Returns the settings of production for the command line, and the words that start it in a shell. */
export function operatorEnvironment(ledgerUrl: string, changes: Changes = {}) {
  const own = { DATABASE_URL: ledgerUrl, LEDGER_KEY: LEDGER_KEY.toString("base64") };
  const settings = { ...PRODUCTION, ...own, ...changes };
  const env = Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== null);
  return { env: Object.fromEntries(env), line: `'${process.execPath}' '${OPERATOR}'` };
}

/** A submission as JSON for operators. */
interface ShownSubmission {
  state: string;
  createdAt: string;
  actions: object[];
  [field: string]: unknown;
}

export type OperatedService = Awaited<ReturnType<typeof startOperatedService>>;

/** Starts a service with a ledger of its own, or on the one at `url`, and has the command line beside it. */
export async function startOperatedService(engine: Engine, url?: string) {
  const service = await startServiceOn(engine, url === undefined ? {} : { ledgerUrl: url });
  const ledgerUrl = service.place.url;
  const run = (...args: string[]) => operate(ledgerUrl, args);
  /** Runs a command with --json, expects success, and returns the data. */
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const shown = async (id: string) => (await json("show", id))["submission"] as ShownSubmission;
  return { ...service, ...operatorsWork(service, service.sql), ledgerUrl, run, json, shown };
}
