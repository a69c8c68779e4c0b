/** The parts of a command, and the work that commands share. commands.ts lists them, and main.ts runs one. */
import { createInterface } from "node:readline/promises";
import type { CommandUnknownOpts, Command as Form, OptionValues } from "@commander-js/extra-typings";
import { type Config, MADE_LEDGER_KEY, UnusableSettings, ledgerSettingsOf } from "../src/config/config.ts";
import { lineIn } from "../src/config/files.ts";
import { LEDGER_KEY_BYTES, ledgerKeys } from "../src/config/setting-types.ts";
import type { SqlLedger } from "../src/ledger/ledger.ts";
import { type LedgerAddress, openLedger } from "../src/ledger/open.ts";
import type { Observe } from "../src/telemetry/events.ts";
import { createLogTo } from "../src/telemetry/log.ts";
import type { Operator } from "../src/tickets/ports.ts";
import { UsageError, makeStrict } from "./arguments.ts";

/** Client id of the command line in the record. No token can have it, because of the blank. A person beside it is a name that somebody typed. */
export const COMMAND_LINE = "command line";
export const operatorNamed = (byPerson: string | null): Operator => ({ by: COMMAND_LINE, byPerson });

export interface Report {
  /** For programs, and for people in the form of output.ts. */
  data: object;
  /** For people, in place of the data. */
  text?: string;
  /** Sentence for people, below the data. */
  note?: string | undefined;
  /** Reason for which the command was refused. Empty: it was not. */
  refusal?: string;
  /** Exit code of a command that was not refused. 0 by default. */
  exitCode?: number;
}

export type Work = (run: Run) => Promise<Report>;

/** Line that was read last. */
let prepared: { work: Work; isJson: boolean };

/** Makes a command. `prepare` gets its options and arguments before anything is opened. Throws UsageError. */
export function createCommand<Given extends unknown[], Options extends OptionValues>(
  form: Form<Given, Options>,
  prepare: (options: Options, given: Given) => Work,
): CommandUnknownOpts {
  makeStrict(form.option("--json", "write JSON for programs"));
  return form.action(() => {
    prepared = { isJson: form.getOptionValue("json") === true, work: prepare(form.opts(), form.processedArgs) };
  });
}

/** Reads the words of a line. Throws CommanderError for those that are not declared, and with the exit code 0 when they asked for help. */
export function prepareIn(line: CommandUnknownOpts, words: readonly string[]): typeof prepared {
  if (words.length === 0) throw new UsageError("A command is missing.");
  line.parse(words, { from: "user" });
  return prepared;
}

export interface Run {
  config: Config;
  /** `makes`: the command makes a ledger where there is none. */
  addressOf: (makes?: boolean) => LedgerAddress;
  observe: Observe;
}

/** Composes the ledger alone: app.ts would load the whole service, which takes several times as much CPU as a command. Events go to standard error. */
export function createRun(config: Config, observe = createLogTo(process.stderr, config.LOG_LEVEL)): Run {
  const { DATABASE_URL: url, LEDGER_KEY: keys } = config;
  return { config, addressOf: (makes = false) => ({ url, keys: keys ?? [madeKey(makes)] }), observe };
}

/** Returns the key that `npm run dev` has made. Where it has made none, another one stands for it, which opens nothing, and makes no ledger. */
function madeKey(makes: boolean): Uint8Array {
  const [key] = ledgerKeys.parse(lineIn(MADE_LEDGER_KEY) ?? "", { file: null }) ?? [];
  if (!key && makes) throw new UnusableSettings(["LEDGER_KEY is missing, and `npm run dev` has made none yet"]);
  return key ?? new Uint8Array(LEDGER_KEY_BYTES);
}

/** Opens the ledger for a command. It makes no key, file or table, and leaves to the services what is old. */
export function onLedger(work: (ledger: SqlLedger, run: Run) => Promise<Report>): Work {
  return async (run) => {
    const settings = { ...ledgerSettingsOf(run.config), retention: null };
    await using ledger = await openLedger(run.addressOf(), settings, run.observe);
    return await work(ledger, run);
  };
}

/** Asks a person at a terminal. False: nobody is there, or typed anything but yes. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  using asking = createInterface({ input: process.stdin, output: process.stderr });
  const typed = asking.question(`${question} Type yes: `);
  return (await typed.catch(() => "")).trim() === "yes"; // Ctrl-C is a no
}

/** Makes the signal that aborts at the first signal to stop. */
export function untilStopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => controller.abort());
  return controller.signal;
}
