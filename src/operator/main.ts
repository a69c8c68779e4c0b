/** The operator's command line: `npm run operator -- COMMAND`, or `node dist/operator.js COMMAND`. It runs beside the service. */
import { UnusableSettings, readConfig } from "../config/config.ts";
import { endOnCrash } from "../crash.ts";
import { refuseDebugger } from "../debugger.ts";
import { LedgerRefused, LedgerUnusable } from "../ledger/open.ts";
import { LedgerUnavailable } from "../tickets/ports.ts";
import { UsageError, argumentsOf } from "./arguments.ts";
import type { Work } from "./command.ts";
import { COMMANDS, usageOf } from "./commands.ts";
import { ledgerForOperators } from "./ledger.ts";
import { jsonOf, printable } from "./printable.ts";

/** Exit codes. Those from 64 up are of sysexits.h. */
const REFUSED = 1;
const EX_USAGE = 64;
const EX_CONFIG = 78;

refuseDebugger();
endOnCrash();
for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);

const [name = "", ...args] = process.argv.slice(2);
const command = COMMANDS.get(name);
if (name === "help" || [name, ...args].includes("--help")) {
  console.log(usageOf(command ? [command] : COMMANDS.values()));
} else {
  process.exitCode = await runCommand();
}

async function runCommand(): Promise<number> {
  let work: Work;
  let isJson: boolean;
  try {
    if (!command) throw new UsageError(name === "" ? "A command is missing." : "There is no such command.");
    const given = argumentsOf(command, args);
    work = command.prepare(given);
    isJson = given.isJson;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${printable(error.message)}\n\n${usageOf(command ? [command] : COMMANDS.values())}`);
    return EX_USAGE;
  }
  try {
    const config = readConfig();
    const report = await work({
      config,
      ledger: ledgerForOperators(config),
      width: process.stdout.columns || Infinity, // a terminal without a size, as docker exec may make it, has 0
    });
    if (isJson) console.log(jsonOf(report.data));
    else if (report.text !== "") console.log(report.text);
    if (report.refusal === undefined) return 0;
    console.error(`Refused: ${printable(report.refusal)}`);
    return REFUSED;
  } catch (error) {
    if (error instanceof LedgerUnavailable) console.error(`${error.message}${causeOf(error)}.`);
    else if ([UnusableSettings, LedgerRefused, LedgerUnusable].some((reason) => error instanceof reason))
      console.error((error as Error).message);
    else throw error;
    return EX_CONFIG;
  }
}

/** Tells the reason of the database or of the system by its code. A message could hold a part of the address. */
function causeOf({ cause }: LedgerUnavailable): string {
  if (!(cause instanceof Error)) return "";
  if ("errstr" in cause) return ` (${String(cause.errstr)})`; // SQLite's sentence for its code
  return "code" in cause ? ` (${String(cause.code)})` : "";
}

/** A reader such as `head` may close the pipe early. The command has done its work, and its exit code tells so. */
function ignoreClosedPipe(error: Error): void {
  if (!("code" in error && error.code === "EPIPE")) throw error;
}
