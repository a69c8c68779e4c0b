/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Runs one command, and ends with its exit code. */
import { CommanderError } from "@commander-js/extra-typings";
import { UnusableSettings, readConfig } from "../config/config.ts";
import { endRefused, guardProcess } from "../guard.ts";
import { LEDGER_ERRORS, createRun, prepareIn } from "./command.ts";
import { operator } from "./commands.ts";
import { write } from "./output.ts";
import { jsonOf, printable } from "./printable.ts";

/** Exit codes. Those from 64 up are of sysexits.h. */
const REFUSED = 1;
const EX_USAGE = 64;
const EX_CONFIG = 78;

guardProcess();
process.stdout.on("error", () => {}); // `write` rejects
process.stderr.on("error", () => {});

process.exitCode = await runCommand(process.argv.slice(2));

async function runCommand(words: readonly string[]): Promise<number> {
  try {
    const { work, isJson } = prepareIn(operator, words);
    await using run = createRun(readConfig());
    const { text, data, refusal, exitCode = 0 } = await work(run);
    const output = isJson ? jsonOf(data) : text;
    if (output !== "") await write(`${output}\n`).catch(onUnwritable);
    if (!refusal) return exitCode;
    console.error(`Refused: ${linesOf(refusal)}`);
    return REFUSED;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0; // help, or the version
      console.error(linesOf(error.message.replace(/^error: /, "")));
      console.error("`help` shows the commands, and `help COMMAND` the arguments of one.");
      return EX_USAGE;
    }
    if (![UnusableSettings, ...LEDGER_ERRORS].some((expected) => error instanceof expected)) throw error;
    const { message } = error as Error;
    console.error(message);
    endRefused(message, EX_CONFIG);
    return EX_CONFIG;
  }
}

/** Writes lines without what a terminal obeys. */
function linesOf(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** A reader such as `head` may close the pipe early: the command has done its work, and its exit code tells so. Anything else is told. */
function onUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  console.error(`The result cannot be written (${error.code}).`);
  process.on("exit", () => (process.exitCode = REFUSED));
}
