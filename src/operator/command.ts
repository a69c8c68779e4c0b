/** The form of a command. commands.ts lists them, and main.ts runs one. */
import type { Config } from "../config/config.ts";
import type { Given, Parameters } from "./arguments.ts";
import type { LedgerForOperators } from "./ledger.ts";

/** Client id under which the ledger keeps decisions of the command line. No token can hold it, because of the blank. */
export const COMMAND_LINE = "command line";

export interface Command extends Parameters {
  /** Arguments, one line for each way to give them. */
  usage: readonly string[];
  /** Sentence for the usage. */
  meaning: string;
  /** Reads the arguments, before anything is opened. Throws UsageError. */
  prepare(given: Given): Work;
}

/** Work of a command with its arguments. */
export type Work = (opened: Opened) => Promise<Report>;

export interface Opened {
  config: Config;
  ledger: LedgerForOperators;
  /** Columns of the terminal. Infinity: the output is none. */
  width: number;
}

/** Result of a command. */
export interface Report {
  /** For people. */
  text: string;
  /** For programs. */
  data: object;
  /** Reason for which the command was refused. */
  refusal?: string;
}
