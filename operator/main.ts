/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Runs one command, and ends with its exit code. */
import { CommanderError } from "@commander-js/extra-typings";
import { UnusableSettings, readConfig } from "../src/config/config.ts";
import { endRefused, guardProcess } from "../src/guard.ts";
import { LedgerRefused } from "../src/ledger/database/unusable.ts";
import { LedgerUnavailable } from "../src/tickets/ports.ts";
import { createRun, prepareIn } from "./command.ts";
import { operator } from "./commands.ts";
import { jsonOf, linesOf, textOf, write } from "./output.ts";

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
    const { data, text = textOf(data), note, refusal, exitCode = 0 } = await work(createRun(readConfig()));
    const output = isJson ? jsonOf(data) : [text, note].filter(Boolean).join("\n");
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
    const expected = [UnusableSettings, LedgerRefused, LedgerUnavailable]; // their messages have no value of a setting
    if (!expected.some((type) => error instanceof type)) throw error;
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
