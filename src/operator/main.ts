/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Runs one command, and tells its result by its exit code. */
import { fstatSync, writeFileSync } from "node:fs";
import { CommanderError } from "@commander-js/extra-typings";
import { UnusableSettings, readConfig } from "../config/config.ts";
import { guardProcess } from "../guard.ts";
import { LEDGER_ERRORS, prepareIn } from "./command.ts";
import { operator } from "./commands.ts";
import { ledgerForOperators } from "./ledger.ts";
import { jsonOf, printable } from "./printable.ts";

/** Exit codes. Those from 64 up are of sysexits.h. */
const REFUSED = 1;
const EX_USAGE = 64;
const EX_CONFIG = 78;

guardProcess();
process.stdout.on("error", onUnwritable);
process.stderr.on("error", () => {});

process.exitCode = await runCommand(process.argv.slice(2));

async function runCommand(words: readonly string[]): Promise<number> {
  try {
    const { work, isJson } = prepareIn(operator, words);
    const config = readConfig();
    const { text, data, refusal } = await work({ config, ledger: ledgerForOperators(config) });
    const output = isJson ? jsonOf(data) : text;
    if (output !== "") print(output);
    if (!refusal) return 0;
    console.error(`Refused: ${refusal.split("\n").map(printable).join("\n")}`);
    return REFUSED;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0; // help, or the version
      const lines = error.message
        .replace(/^error: /, "")
        .split("\n")
        .map(printable);
      console.error(
        [...lines, "`help` shows the commands, and `help COMMAND` the arguments of one."].join("\n"),
      );
      return EX_USAGE;
    }
    if (![UnusableSettings, ...LEDGER_ERRORS].some((told) => error instanceof told)) throw error;
    console.error((error as Error).message);
    return EX_CONFIG;
  }
}

/** Writes a result. On a full disk a stream would write a part of it into a file, and no error. */
function print(output: string): void {
  if (!fstatSync(process.stdout.fd).isFile()) return console.log(output);
  try {
    writeFileSync(process.stdout.fd, `${output}\n`);
  } catch (error) {
    onUnwritable(error as Error);
  }
}

/** A reader such as `head` may close the pipe early: the command has done its work, and its exit code tells so. Anything else is told. */
function onUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  console.error(`The result cannot be written (${error.code}).`);
  process.on("exit", () => (process.exitCode = REFUSED));
}
