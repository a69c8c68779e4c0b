import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { CLIENT_SECRET_KEY } from "../support/config.ts";
import { type Engine, LEDGER_KEY, placeFor } from "../support/ledgers.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { type Sql, makeOlder, sqlOn } from "../support/sql.ts";

const OPERATOR = fileURLToPath(new URL("../../dist/operator.js", import.meta.url));

/** A verdict for a create, as options of `resolve` and `correct`. */
export const CREATED = ["--created", "690d950c5f287ad0ff3bd9tt", "--note", "n", "--by", "b"] as const;

/** Result of one command. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command line as a process of its own, with settings of production. Changes of null remove a setting. */
export async function operate(
  ledgerUrl: string,
  args: readonly string[],
  changes: Readonly<Record<string, string | null>> = {},
  input = "",
): Promise<Ended> {
  const child = spawnOperator(ledgerUrl, args, changes);
  child.stdin.on("error", () => {}).end(input); // most commands read none
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** Starts the command line. `atTerminal`: `script` gives it a terminal, whose output is the standard output of the process. */
export function spawnOperator(
  ledgerUrl: string,
  args: readonly string[],
  changes: Readonly<Record<string, string | null>> = {},
  { atTerminal = false } = {},
) {
  const { env, line } = operatorEnvironment(ledgerUrl, changes);
  if (!atTerminal) return spawn(process.execPath, [OPERATOR, ...args], { env, stdio: "pipe" });
  const command = [line, ...args.map((word) => `'${word}'`)].join(" ");
  return spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { env, stdio: "pipe" });
}

/** Returns the settings of production for the command line, and the words that start it in a shell. */
export function operatorEnvironment(
  ledgerUrl: string,
  changes: Readonly<Record<string, string | null>> = {},
): { env: Record<string, string>; line: string } {
  const settings = {
    SOCIOMILE_BASE_URL: "https://sociomile.example/api",
    SOCIOMILE_CLIENT_SECRET_KEY: CLIENT_SECRET_KEY,
    DATABASE_URL: ledgerUrl,
    LEDGER_KEY: LEDGER_KEY.toString("base64"),
    ROUTER_SECRET: "router-secret-of-the-tests",
    AUTH_JWKS_URL: "https://issuer.example/keys",
    AUTH_ISSUER: "https://issuer.example",
    AUTH_AUDIENCE: "sociomile",
    ...changes,
  };
  const env = Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== null);
  return { env: Object.fromEntries(env), line: `'${process.execPath}' '${OPERATOR}'` };
}

/** A submission as JSON for operators. */
interface ShownSubmission {
  state: string;
  createdAt: string;
  resolutions: object[];
  [field: string]: unknown;
}

/** A running service with its ledger, and the command line beside it. */
export interface OperatedService extends Service {
  ledgerUrl: string;
  sql: Sql;
  /** Runs a command on the ledger of the service. */
  run(...args: string[]): Promise<Ended>;
  /** Runs a command with --json, expects success, and returns the data. */
  json(...args: string[]): Promise<Record<string, unknown>>;
  /** Shows a submission, as the command does with --json. */
  shown(id: string): Promise<ShownSubmission>;
  /** Makes one doubt, and returns its id. */
  doubt(name: MutationName, changes?: object): Promise<string>;
  /** Makes all doubts older by these minutes. */
  age(minutes: number): Promise<void>;
}

/** Starts a service with a ledger of its own, or on the one at `url`. */
export async function startOperatedService(engine: Engine, url?: string): Promise<OperatedService> {
  await using opening = new AsyncDisposableStack();
  const ledgerUrl = url ?? opening.use(await placeFor(engine)).url;
  const service = opening.use(await startService({ ledgerUrl }));
  const sql = opening.use(await sqlOn({ url: ledgerUrl }));
  const opened = opening.move();
  const run: OperatedService["run"] = (...args) => operate(ledgerUrl, args);
  const json: OperatedService["json"] = async (...args) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  return {
    ...service,
    ledgerUrl,
    sql,
    run,
    json,
    shown: async (id) => (await json("show", id))["submission"] as ShownSubmission,
    async doubt(name, changes = {}) {
      service.sandbox.setMood("cut-after", { times: 1 });
      const { payload } = await mutate(service, name, { ...changes });
      expect(payload?.submission).toMatchObject({ state: "UNCERTAIN" });
      return payload!.submission!.id;
    },
    age: (minutes) => makeOlder(sql, minutes * 60_000),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
