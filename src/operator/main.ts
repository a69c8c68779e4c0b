/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Runs one command, and tells its result by its exit code. */
import { CommanderError } from "@commander-js/extra-typings";
import { UnusableSettings, readConfig } from "../config/config.ts";
import { endRefused, guardProcess } from "../guard.ts";
import { LEDGER_ERRORS, prepareIn } from "./command.ts";
import { operator } from "./commands.ts";
import { ledgerForOperators } from "./ledger.ts";
import { write } from "./output.ts";
import { jsonOf, printable } from "./printable.ts";

/** Exit codes. Those from 64 up are of sysexits.h. */
const REFUSED = 1;
const EX_USAGE = 64;
const EX_CONFIG = 78;

guardProcess();
process.stdout.on("error", () => {}); // `write` tells it, too
process.stderr.on("error", () => {});

process.exitCode = await runCommand(process.argv.slice(2));

async function runCommand(words: readonly string[]): Promise<number> {
  try {
    const { work, isJson } = prepareIn(operator, words);
    const config = readConfig();
    const { text, data, refusal, exitCode = 0 } = await work({ config, ledger: ledgerForOperators(config) });
    const output = isJson ? jsonOf(data) : text;
    if (output !== "") await write(`${output}\n`).catch(onUnwritable);
    if (!refusal) return exitCode;
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
    const { message } = error as Error;
    console.error(message);
    endRefused(message, EX_CONFIG);
    return EX_CONFIG;
  }
}

/** A reader such as `head` may close the pipe early: the command has done its work, and its exit code tells so. Anything else is told. */
function onUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  console.error(`The result cannot be written (${error.code}).`);
  process.on("exit", () => (process.exitCode = REFUSED));
}
