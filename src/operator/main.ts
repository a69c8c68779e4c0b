/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. Runs one command, and tells its result by its exit code. */
import { UnusableSettings, readConfig } from "../config/config.ts";
import { endRefused, guardProcess } from "../guard.ts";
import { argumentsIn, UsageError } from "./arguments.ts";
import { LEDGER_ERRORS } from "./command.ts";
import { COMMANDS, usageOf } from "./commands.ts";
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

const words = process.argv.slice(2);
const isOfTwo = COMMANDS.has(words.slice(0, 2).join(" ")); // such as customer export
const name = words.splice(0, isOfTwo ? 2 : 1).join(" ");
const command = COMMANDS.get(name);
const usage = usageOf(command ? [command] : COMMANDS.values());
if (name === "help" || [name, ...words].includes("--help")) console.log(usage);
else process.exitCode = await runCommand();

async function runCommand(): Promise<number> {
  try {
    if (!command) throw new UsageError(name === "" ? "A command is missing." : "There is no such command.");
    const given = argumentsIn(command.usage, words);
    const work = command.prepare(given, (other) => COMMANDS.get(other));
    const config = readConfig();
    const { text, data, refusal, exitCode = 0 } = await work({ config, ledger: ledgerForOperators(config) });
    const output = given.has("json") ? jsonOf(data) : text;
    if (output !== "") await write(`${output}\n`).catch(onUnwritable);
    if (!refusal) return exitCode;
    console.error(`Refused: ${refusal.split("\n").map(printable).join("\n")}`);
    return REFUSED;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${usage}\n\n${printable(error.message)}`);
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
